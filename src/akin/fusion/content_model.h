// Recommendations by content: items like those the user has, whoever else has them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/encode/attribute_encoder.h"
#include "akin/encode/image_encoder.h"
#include "akin/encode/pretrained_encoder.h"
#include "akin/encode/term_encoder.h"
#include "akin/encode/word_vector_encoder.h"
#include "akin/models/fit/context.h"
#include "akin/models/model.h"

namespace akin {

/// Content-based filtering (Lops, de Gemmis & Semeraro, "Content-based recommender systems", 2011): a user is the
/// mean of the vectors of their items, and
///
///   score(u, i) = <1/|H_u| sum_{h in H_u} w_h v_h, v_i>,    w_h = 1, or the event's value
///
/// over the items H_u of the history that have a vector. The encoder learns from the items with training events
/// and from those that no event names, not from held-out ones; all items of the catalogue have vectors, and new ones get
/// theirs from their content. Items without a vector are scored -infinity. Cost of a list: the entries of the columns that the history touches.
class ContentModel : public Model {
 public:
  ContentModel(std::unique_ptr<ContentEncoder> encoder, const ItemContent& content, bool use_values,
               const Context& context);
  ~ContentModel() override;
  /// The same encoder over another catalogue: item i keeps the vector of item old_items[i] of this model, or gets
  /// one from `content` where that is kNew.
  std::unique_ptr<ContentModel> over(const ItemContent& content, std::span<const idx_t> old_items,
                                     const Context& context) const;
  static constexpr idx_t kNew = 0xFFFFFFFF;

  const Matrix& item_vectors() const override { return none_; }
  const Matrix& embeddings() const override { return dense_; }
  std::size_t embedding_dim() const override { return dense_.cols(); }
  bool user_vector(const Query& query, std::span<float> out) const override;
  bool score_all(const Query& query, std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  std::vector<Scored> similar(idx_t item, std::size_t k) const override;
  std::vector<std::vector<Scored>> similar_to(const ItemContent& items, std::size_t k) const override;
  bool has_similar() const override { return true; }
  std::size_t n_items() const override { return norms_.size(); }
  const ContentEncoder* encoder() const override { return encoder_.get(); }
  bool has_vector(idx_t item) const { return norms_[item] > 0; }
  /// (items, dim) the vectors of these items, as sparse rows whatever the encoder makes.
  Csr rows_at(std::span<const idx_t> items) const;
  /// The same of other items, from their content.
  Csr rows_of(const ItemContent& items, const Context& context) const;
  /// Scores of all items to a query with the vector in row `row` of rows_of(); false if that has no entry.
  bool score_row(const Csr& rows, std::size_t row, std::span<float> out) const;
  void save(TensorWriter& writer) const override { write(writer, "model"); }
  /// Stores what read() needs under names that begin with `prefix` and a dot. It outlives the writer.
  void write(TensorWriter& writer, const std::string& prefix) const;
  /// Throws Error(kBadData). `n_items` is the number of items in files of versions that did not store it.
  static std::unique_ptr<ContentModel> read(const TensorReader& reader, const std::string& prefix,
                                            std::size_t n_items);

 protected:
  ContentModel() = default;
  void restore(const TensorReader& reader, const std::string& prefix, std::size_t n_items);

  float product(idx_t a, idx_t b) const;
  const Csr& sparse_vectors() const { return sparse_; }

 private:
  struct Profile;  // a query's vector, sparse or dense
  void finish();
  Profile profile_of(const Csr& sparse, const Matrix& dense, std::size_t row) const;
  bool make_profile(const Query& query, Profile& profile) const;
  void score_items(const Profile& profile, std::span<float> out) const;
  std::vector<Scored> nearest(const Profile& profile, std::size_t k, std::optional<idx_t> without) const;

  std::shared_ptr<const ContentEncoder> encoder_;
  bool use_values_ = false;
  Csr sparse_;                // (items, dim) of a sparse encoder
  Csr by_dimension_;          // its transpose
  Matrix dense_;              // (items, dim) of another one
  std::vector<float> norms_;  // by item; 0 = no vector
  Matrix none_;
};

/// What each content model is called.
template <typename Encoder>
struct ContentName;
template <>
struct ContentName<TfidfEncoder> {
  static constexpr std::string_view kName = "content-tfidf";
  static constexpr std::string_view kSummary = "items whose words are like those of the user's items: TF-IDF";
};
template <>
struct ContentName<Bm25Encoder> {
  static constexpr std::string_view kName = "content-bm25";
  static constexpr std::string_view kSummary = "items whose words are like those of the user's items: BM25";
};
template <>
struct ContentName<AttributeEncoder> {
  static constexpr std::string_view kName = "content-attributes";
  static constexpr std::string_view kSummary = "items whose attributes are like those of the user's items";
};
template <>
struct ContentName<WordVectorEncoder> {
  static constexpr std::string_view kName = "content-word-vectors";
  static constexpr std::string_view kSummary =
      "items whose words have vectors like those of the user's items";
};
template <>
struct ContentName<PretrainedEncoder> {
  static constexpr std::string_view kName = "content-pretrained";
  static constexpr std::string_view kSummary =
      "items whose texts are like those of the user's items to a pretrained transformer";
};
template <>
struct ContentName<ImageEncoder> {
  static constexpr std::string_view kName = "content-image";
  static constexpr std::string_view kSummary = "items whose pictures are like those of the user's items";
};

/// A content model with one kind of encoder.
template <typename Encoder>
class ContentModelOf final : public ContentModel {
 public:
  struct Config : Encoder::Config {
    bool use_values = false;
    std::vector<Param> params() {
      std::vector<Param> params = Encoder::Config::params();
      params.push_back({"use_values",
                        &use_values,
                        "weight the items of a history by the values of their events",
                        0,
                        0,
                        {},
                        false,
                        kSearchChoices});
      return params;
    }
  };
  static constexpr std::string_view kName = ContentName<Encoder>::kName;
  static constexpr std::string_view kSummary = ContentName<Encoder>::kSummary;
  static constexpr Traits kTraits = {
      .explains = true, .uses_content = true, .takes_words = std::is_same_v<Encoder, WordVectorEncoder>};
  using ContentModel::ContentModel;

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context) {
    const ItemContent content(data.source);
    const std::vector<idx_t> items = items_to_learn_from(data);
    auto encoder = Encoder::fit({content, items, context.words}, config, context);
    return std::make_unique<ContentModelOf>(std::move(encoder), content, config.use_values, context);
  }
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t, std::size_t n_items) {
    std::unique_ptr<ContentModelOf> model(new ContentModelOf());
    model->restore(reader, "model", n_items);
    return model;
  }

 private:
  ContentModelOf() = default;
};

}  // namespace akin
