// One model of several sources: encoders of content, a map from content to events, vectors from elsewhere.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/fusion/content_map.h"
#include "akin/fusion/content_model.h"
#include "akin/fusion/fused_vectors.h"
#include "akin/fusion/source_gate.h"
#include "akin/fusion/source_share.h"
#include "akin/fusion/source_spec.h"
#include "akin/fusion/source_tower.h"
#include "akin/fusion/vector_model.h"
#include "akin/models/fit/context.h"
#include "akin/models/model.h"

namespace akin {

/// One source, fitted: a model that scores items, -infinity where it has nothing to say of one.
struct FusedSource {
  std::string name;
  std::string kind;
  std::shared_ptr<const ContentModel> content = {};  ///< of an encoder, else nullptr
  std::shared_ptr<const VectorModel> vectors = {};   ///< of everything else
  /// Of kind "map": from the contents of all sources that feed it, one after the other, to `vectors`.
  std::shared_ptr<const ContentMap> map = {};
  /// Of a trained tower: what makes such vectors of new items.
  std::shared_ptr<const SourceTower> tower = {};
  /// Whether its vectors are content: all but those that were learned from events.
  bool feeds_map = false;

  const Model& model() const {
    return content ? static_cast<const Model&>(*content) : static_cast<const Model&>(*vectors);
  }
  /// What makes vectors of new items from their content; nullptr = it has none of them, or they come from the map.
  const ContentEncoder* encoder() const {
    return content ? content->encoder() : static_cast<const ContentEncoder*>(tower.get());
  }
  bool has_row(idx_t item) const { return content ? content->has_vector(item) : vectors->has_vector(item); }
  /// Whether its scores are damped (StandardScores): those of words and categories, which most items do not share.
  bool is_damped() const { return content && content->encoder()->is_sparse(); }
  /// Items that it has a vector of.
  std::size_t coverage() const;
  std::size_t dim() const { return content ? content->encoder()->dim() : vectors->item_vectors().cols(); }
  /// (items, dim) its vectors of these items.
  Csr rows_at(std::span<const idx_t> items) const;
  /// The same of new items. Only of sources with an encoder.
  Csr rows_of(const ItemContent& items, const Context& context) const;
};

/// Vectors of items of a source that is no encoder and no map.
struct OtherVectors {
  Matrix vectors;            ///< (items of the catalogue, dim), rows of zeros where there are none
  bool from_events = false;  ///< what users did is in them, so that they are no content
  std::shared_ptr<const ContentTower> tower =
      {};  ///< makes such vectors of new items; nullptr = nothing does
};
/// Makes them from the training events alone: the models of the catalogue (catalog/fused_entry.h), files of vectors
/// (experiment/fuse.h). nullopt = no such source.
using OtherSource = std::function<std::optional<OtherVectors>(
    const SourceSpec& source, const TrainingData& data, const FitContext& context)>;

/// A weighted sum of what the sources say, each user's scores standardized (late fusion; Zhou et al. 2025 find it ahead of
/// fused nets):
///
///   score(u, i) = sum_s w_s(n_i) z_s(u, i),   z_s(u, i) = (r_s(u, i) - mean_s(u)) / deviation_s(u)
///
/// or asinh of that where the vectors of a source are sparse (StandardScores::z()). r_s is the score of source s for the user's history,
/// mean and deviation are over the items that it has a vector of, without those of the history. A source that has nothing to say of an
/// item says the mean, z = 0, never 0. w_s(n) are weights by the item's number of training events n (SourceGate). They are learned inside
/// the training side: a fifth of the items lose all their events and a tenth of the others' events are held out, all sources are fitted
/// to what is left, and the weights are those that find the held-out items (fit_gate()). Then all sources are fitted to the whole
/// training side.
///
/// Nothing is stored of single users. Cost of a list: that of all sources.
class Fused final : public Model {
 public:
  struct Config {
    std::string sources = "";
    bool learn_weights = true;
    int queries = 2000;
    int negatives = 200;
    bool nonnegative = true;
    float smoothness = 10;
    float half_life = 0;
    int dimensions = 256;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "fused";
  static constexpr std::string_view kSummary =
      "several sources as one: content, a map from content to events, vectors; weights by number of events";
  static constexpr Traits kTraits = {.explains = true, .uses_content = true};

  /// Remarks: sources and the items they cover; where the weights are all 1 since too little can be held out.
  /// Throws Error(kUsage) for sources that are not there, Error(kBadData) if none of them has content to learn from.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const FitContext& context,
                                    const OtherSource& others = {});
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// Of fitted sources. `events`: training events of each item of the catalogue.
  Fused(std::vector<FusedSource> sources, SourceGate gate, std::vector<std::uint32_t> events,
        float half_life);

  ~Fused() override;
  /// Gives the items one vector each, for export and for search, in place of the sum over the sources: `embeddings`, or
  /// what `vectors` makes of the items.
  void set_vectors(FusedVectors vectors, Matrix embeddings);
  void set_vectors(FusedVectors vectors, const Context& context);

  const Matrix& item_vectors() const override { return none_; }
  /// The one vector of each item (FusedVectors); none without set_vectors().
  const Matrix& embeddings() const override { return embeddings_; }
  std::size_t embedding_dim() const override { return embeddings_.cols(); }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  bool score_all(const Query& query, std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  /// By score_all() to a history of that item alone.
  std::vector<Scored> similar(idx_t item, std::size_t k) const override;
  std::vector<std::vector<Scored>> similar_to(const ItemContent& items, std::size_t k) const override;
  bool has_similar() const override { return true; }
  /// Whether a source reads texts, or one reads pictures.
  bool reads(bool pictures) const;
  /// The k items most like a text. It stands for the first field of every source that reads texts, the map reads what they make of
  /// it, and all other sources say nothing, as those to whom its words mean nothing. Empty if that leaves none.
  std::vector<Scored> similar_to_text(const std::string& text, std::size_t k) const;
  /// The same for a picture, by the sources that read pictures. One that cannot be read is like nothing.
  std::vector<Scored> similar_to_picture(const std::string& path, std::size_t k) const;
  std::size_t n_items() const override { return events_.size(); }
  /// Makes such vectors of new items, which have no events; nullptr if no source is an encoder.
  const ContentEncoder* encoder() const override { return encoder_.get(); }
  void save(TensorWriter& writer) const override;

  /// The shares of all sources in score(query, item); they add up to it. Empty if score_all() would be false.
  std::vector<SourceShare> shares(const Query& query, idx_t item) const;
  /// The same of similar_to(), for each of `similar`: of item `row` of `items` as the query.
  std::vector<std::vector<SourceShare>> shares_to(const ItemContent& items, std::size_t row,
                                                  std::span<const idx_t> similar) const;
  /// Which sources have a vector of item `row` of `items`, with their weights for items without events; z is 0.
  std::vector<SourceShare> sources_of(const ItemContent& items, std::size_t row) const;

  /// How well held-out events were found inside the training side (check_gate()); no queries where weights are all 1.
  const StratumRecords& records() const { return records_; }
  void set_records(const StratumRecords& records) { records_ = records; }

  const std::vector<FusedSource>& sources() const { return sources_; }
  const SourceGate& gate() const { return gate_; }

 private:
  friend class FusedEncoder;
  struct Answers;  // what each source says to a query
  Answers ask(const Query& query) const;
  Answers ask_new(const std::vector<Csr>& rows, std::size_t row) const;
  std::vector<Csr> rows_of(const ItemContent& items, const Context& context) const;
  /// The same of `count` items that each source sees in its own way, nullptr = it knows nothing of them.
  std::vector<Csr> rows_of(std::span<const ItemContent* const> by_source, std::size_t count,
                           const Context& context) const;
  /// What is asked, as the content of an item in that field.
  using QueryContent = std::function<ItemContent(const std::string& field)>;
  std::vector<Scored> similar_to_query(bool pictures, const QueryContent& as_field, std::size_t k) const;
  std::vector<std::vector<Scored>> nearest(const std::vector<Csr>& rows, std::size_t count,
                                           std::size_t k) const;
  void add_up(const Answers& answers, std::span<float> out) const;
  std::vector<SourceShare> shares_of(const Answers& answers, idx_t item) const;

  std::vector<FusedSource> sources_;
  SourceGate gate_;
  std::vector<std::uint32_t> events_;  // training events, by item
  float half_life_;
  Matrix weights_;            // (items, sources) w_s(n_i)
  std::vector<char> placed_;  // by item: a source has a vector of it
  StratumRecords records_;
  FusedVectors vectors_;
  Matrix embeddings_;  // (items, dimensions)
  std::unique_ptr<const ContentEncoder> encoder_;
  Matrix none_;
};

}  // namespace akin
