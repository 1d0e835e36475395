#include "akin/fusion/fused.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/encode/encoders.h"
#include "akin/fusion/fused_fit.h"
#include "akin/fusion/query_content.h"
#include "akin/fusion/standard_scores.h"
#include "akin/linalg/row_product.h"
#include "akin/models/placed.h"

namespace akin {

/// The vectors of a fused model as an encoder: it lives in the model and is stored with it.
class FusedEncoder final : public ContentEncoder {
 public:
  explicit FusedEncoder(const Fused& model) : model_(model) {
    for (const bool pictures : {false, true}) {  // a text stands for the first field
      for (const FusedSource& source : model.sources()) {
        if (source.encoder() == nullptr || source.encoder()->reads_pictures() != pictures) continue;
        for (const std::string& field : source.encoder()->fields()) {
          if (std::ranges::find(fields_, field) == fields_.end()) fields_.push_back(field);
        }
      }
    }
  }
  std::string_view name() const override { return Fused::kName; }
  std::size_t dim() const override { return model_.embedding_dim(); }
  bool is_sparse() const override { return false; }
  bool reads_pictures() const override { return !model_.reads(false); }
  const std::vector<std::string>& fields() const override { return fields_; }
  void save(TensorWriter& writer, const std::string& prefix) const override {
    for (std::size_t s = 0; s < model_.sources().size(); ++s) {
      if (const ContentEncoder* const encoder = model_.sources()[s].encoder())
        write_encoder(writer, fmt::format("{}.source{}", prefix, s), *encoder);
    }
    model_.vectors_.write(writer, prefix);
  }

 private:
  Matrix vectors_of(const ItemContent& items, const Context& context) const override {
    const std::vector<std::uint32_t> events(items.size(), 0);
    return model_.vectors_.embed(model_.rows_of(items, context), events, context);
  }
  const Fused& model_;
  std::vector<std::string> fields_;
};

struct Fused::Answers {
  std::vector<StandardScores> sources;
  bool any = false;  // one of them has an answer
};

std::vector<Param> Fused::Config::params() {
  return {
      {"sources", &sources,
       "sources, such as \"tfidf fields=title; brand: attributes fields=brand; map factors=64\"; none = all "
       "that suit the "
       "data"},
      {"learn_weights", &learn_weights,
       "learn the weights of the sources on a split of the training side; off: all are 1"},
      {"queries", &queries,
       "held-out events of items without events, and as many of others, to learn weights from", 1, 1e6},
      {"negatives", &negatives, "items not chosen beside each of these events", 1, 100'000},
      {"nonnegative", &nonnegative, "no source counts against an item"},
      {"smoothness",
       &smoothness,
       "lambda that keeps weights of few and many events alike",
       1e-3,
       1e9,
       {},
       true,
       {1, 1000}},
      {"dimensions", &dimensions, "of the one vector of each item, for export and search; 0 = none", 0, 4096},
      {"half_life",
       &half_life,
       "items after which an item of the history counts half; 0 = all count the same",
       0,
       1e6,
       {},
       true,
       {2, 200}},
  };
}

Csr FusedSource::rows_at(std::span<const idx_t> items) const {
  return content ? content->rows_at(items) : sparse_rows(Matrix::gather(vectors->item_vectors(), items));
}

Csr FusedSource::rows_of(const ItemContent& items, const Context& context) const {
  return content ? content->rows_of(items, context) : sparse_rows(tower->encode(items, context));
}

std::size_t FusedSource::coverage() const {
  std::size_t items = 0;
  for (idx_t i = 0; i < model().n_items(); ++i) items += has_row(i) ? 1 : 0;
  return items;
}

Fused::Fused(std::vector<FusedSource> sources, SourceGate gate, std::vector<std::uint32_t> events,
             float half_life)
    : sources_(std::move(sources)),
      gate_(std::move(gate)),
      events_(std::move(events)),
      half_life_(half_life),
      weights_(events_.size(), sources_.size()),
      placed_(events_.size(), 0) {
  AKIN_ASSERT(gate_.sources() == sources_.size());
  for (std::size_t i = 0; i < events_.size(); ++i) {
    for (std::size_t s = 0; s < sources_.size(); ++s) weights_[i][s] = gate_.weight(s, events_[i]);
  }
  for (const FusedSource& source : sources_) {
    AKIN_ASSERT(source.model().n_items() == events_.size());
    for (idx_t i = 0; i < placed_.size(); ++i) {
      if (source.has_row(i)) placed_[i] = 1;
    }
  }
}

Fused::~Fused() = default;

void Fused::set_vectors(FusedVectors vectors, const Context& context) {
  Matrix embeddings(n_items(), vectors.dim());
  for_item_blocks(n_items(), [&](std::span<const idx_t> items) {
    const auto events = std::span(events_).subspan(items.front(), items.size());
    const Matrix block = vectors.embed(rows_by_source(sources_, items), events, context);
    for (std::size_t r = 0; r < items.size(); ++r) std::ranges::copy(block[r], embeddings[items[r]].begin());
  });
  set_vectors(std::move(vectors), std::move(embeddings));
}

void Fused::set_vectors(FusedVectors vectors, Matrix embeddings) {
  AKIN_ASSERT(embeddings.rows() == n_items() && embeddings.cols() == vectors.dim());
  vectors_ = std::move(vectors);
  embeddings_ = std::move(embeddings);
  const auto encodes = [](const FusedSource& source) { return source.encoder() != nullptr; };
  if (std::ranges::any_of(sources_, encodes)) encoder_ = std::make_unique<FusedEncoder>(*this);
}

std::vector<Csr> rows_by_source(std::span<const FusedSource> sources, std::span<const idx_t> items) {
  std::vector<Csr> rows;
  for (const FusedSource& source : sources) rows.push_back(source.rows_at(items));
  return rows;
}

void for_item_blocks(std::size_t items, const std::function<void(std::span<const idx_t>)>& work) {
  constexpr std::size_t kBlock = 16384;
  std::vector<idx_t> block;
  for (std::size_t begin = 0; begin < items; begin += kBlock) {
    block.resize(std::min(kBlock, items - begin));
    std::iota(block.begin(), block.end(), static_cast<idx_t>(begin));
    work(block);
  }
}

std::vector<float> history_weights(std::size_t events, float half_life) {
  std::vector<float> weights;
  for (std::size_t h = 0; h < events && half_life > 0; ++h)
    weights.push_back(std::exp2(-static_cast<float>(events - 1 - h) / half_life));
  return weights;
}

StandardScores ask_source(const FusedSource& source, const Query& query, std::span<const float> weights) {
  std::vector<float> scores(source.model().n_items());
  if (!source.model().score_all({.history = query.history, .values = weights}, scores)) return {};
  StandardScores answer = standardize(std::move(scores), query.history);
  answer.damped = source.is_damped();
  return answer;
}

Fused::Answers Fused::ask(const Query& query) const {
  Answers answers;
  const std::vector<float> weights = history_weights(query.history.size(), half_life_);
  for (const FusedSource& source : sources_) {
    answers.sources.push_back(ask_source(source, query, weights));
    answers.any |= !answers.sources.back().scores.empty();
  }
  return answers;
}

void Fused::add_up(const Answers& answers, std::span<float> out) const {
  std::ranges::fill(out, 0.0F);
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    const StandardScores& scores = answers.sources[s];
    if (scores.scores.empty()) continue;
    for (idx_t i = 0; i < out.size(); ++i) out[i] += weights_.row(i)[s] * scores.z(i);
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (placed_[i] == 0) out[i] = kNever;
  }
}

bool Fused::score_all(const Query& query, std::span<float> out) const {
  AKIN_ASSERT(out.size() == n_items());
  const Answers answers = ask(query);
  if (answers.any) add_up(answers, out);
  return answers.any;
}

std::optional<Explanation> Fused::explain(const Query& query, idx_t item) const {
  if (placed_[item] == 0) return std::nullopt;
  const std::vector<float> weights = history_weights(query.history.size(), half_life_);
  Explanation explanation;
  std::map<idx_t, float> causes;
  bool any = false;
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    const StandardScores scores = ask_source(sources_[s], query, weights);
    any |= !scores.scores.empty();
    if (!scores.has(item)) continue;
    // What is damped shrinks by the same share in all that it is the sum of.
    const float straight = scores.straight(item);
    const float scale =
        weights_[item][s] / scores.deviation * (straight != 0 ? scores.z(item) / straight : 1);
    const auto why = sources_[s].model().explain({.history = query.history, .values = weights}, item);
    if (!why) continue;
    explanation.base += scale * (why->base - scores.mean);
    for (const Scored& cause : why->causes) causes[cause.idx] += scale * cause.score;
  }
  if (!any) return std::nullopt;
  for (const auto& [cause, value] : causes) explanation.causes.push_back({cause, value});
  std::ranges::stable_sort(explanation.causes, std::ranges::greater{}, &Scored::score);
  return explanation;
}

std::vector<Scored> Fused::similar(idx_t item, std::size_t k) const {
  std::vector<float> scores(n_items());
  const std::vector<idx_t> history = {item};
  if (k == 0 || !score_all({.history = history}, scores)) return {};
  scores[item] = kNever;
  return top_k(scores, k);
}

std::vector<Csr> Fused::rows_of(const ItemContent& items, const Context& context) const {
  const std::vector<const ItemContent*> by_source(sources_.size(), &items);
  return rows_of(by_source, items.size(), context);
}

std::vector<Csr> Fused::rows_of(std::span<const ItemContent* const> by_source, std::size_t count,
                                const Context& context) const {
  std::vector<Csr> rows(sources_.size());
  std::vector<Csr> contents;
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    const bool known = sources_[s].encoder() != nullptr && by_source[s] != nullptr;
    if (known) rows[s] = sources_[s].rows_of(*by_source[s], context);
    if (!sources_[s].feeds_map) continue;
    contents.push_back(rows[s]);
    if (known) continue;
    contents.back().cols = sources_[s].dim();
    contents.back().offsets.resize(count + 1);
  }
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    if (sources_[s].map) {
      Matrix mapped = sources_[s].map->map(side_by_side(contents), context);
      normalize_rows(mapped);
      rows[s] = sparse_rows(mapped);
    }
    if (rows[s].cols > 0) continue;  // it knows nothing of new items
    rows[s].cols = sources_[s].dim();
    rows[s].offsets.resize(count + 1);
  }
  return rows;
}

Fused::Answers Fused::ask_new(const std::vector<Csr>& rows, std::size_t row) const {
  Answers answers;
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    StandardScores& answer = answers.sources.emplace_back();
    if (rows[s].row_size(row) == 0) continue;
    std::vector<float> scores(n_items());
    if (sources_[s].content) {
      sources_[s].content->score_row(rows[s], row, scores);
    } else {
      Matrix vector(1, rows[s].cols);
      for (std::size_t e = 0; e < rows[s].row_size(row); ++e)
        vector[0][rows[s].cols_of(row)[e]] = rows[s].values_of(row)[e];
      sources_[s].vectors->score_vector(vector.row(0), scores);
    }
    answer = standardize(std::move(scores), {});
    answer.damped = sources_[s].is_damped();
    answers.any = true;
  }
  return answers;
}

std::vector<std::vector<Scored>> Fused::similar_to(const ItemContent& items, std::size_t k) const {
  return nearest(rows_of(items, {}), items.size(), k);
}

std::vector<std::vector<Scored>> Fused::nearest(const std::vector<Csr>& rows, std::size_t count,
                                                std::size_t k) const {
  std::vector<std::vector<Scored>> lists;
  std::vector<float> scores(n_items());
  for (std::size_t row = 0; row < count; ++row) {
    const Answers answers = ask_new(rows, row);
    if (answers.any) add_up(answers, scores);
    lists.push_back(answers.any && k > 0 ? top_k(scores, k) : std::vector<Scored>());
  }
  return lists;
}

bool Fused::reads(bool pictures) const {
  return std::ranges::any_of(sources_, [&](const FusedSource& source) {
    return source.encoder() != nullptr && source.encoder()->reads_pictures() == pictures;
  });
}

std::vector<Scored> Fused::similar_to_query(bool pictures, const QueryContent& as_field,
                                            std::size_t k) const {
  std::deque<ItemContent> contents;
  std::vector<const ItemContent*> by_source(sources_.size(), nullptr);
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    const ContentEncoder* const encoder = sources_[s].encoder();
    if (encoder == nullptr || encoder->reads_pictures() != pictures) continue;
    contents.push_back(as_field(encoder->fields().front()));
    by_source[s] = &contents.back();
  }
  return nearest(rows_of(by_source, 1, {}), 1, k).front();
}

std::vector<Scored> Fused::similar_to_text(const std::string& text, std::size_t k) const {
  return similar_to_query(
      false, [&](const std::string& field) { return text_content(text, std::span(&field, 1)); }, k);
}

std::vector<Scored> Fused::similar_to_picture(const std::string& path, std::size_t k) const {
  return similar_to_query(
      true, [&](const std::string& field) { return picture_content(path, field); }, k);
}

std::vector<SourceShare> Fused::shares_of(const Answers& answers, idx_t item) const {
  std::vector<SourceShare> shares;
  for (std::size_t s = 0; s < sources_.size() && answers.any; ++s) {
    const StandardScores& scores = answers.sources[s];
    shares.push_back({sources_[s].name, weights_[item][s], scores.z(item), scores.has(item)});
  }
  return shares;
}

std::vector<SourceShare> Fused::shares(const Query& query, idx_t item) const {
  return shares_of(ask(query), item);
}

std::vector<std::vector<SourceShare>> Fused::shares_to(const ItemContent& items, std::size_t row,
                                                       std::span<const idx_t> similar) const {
  const Answers answers = ask_new(rows_of(items, {}), row);
  std::vector<std::vector<SourceShare>> shares;
  for (const idx_t item : similar) shares.push_back(shares_of(answers, item));
  return shares;
}

std::vector<SourceShare> Fused::sources_of(const ItemContent& items, std::size_t row) const {
  const std::vector<Csr> rows = rows_of(items, {});
  std::vector<SourceShare> shares;
  for (std::size_t s = 0; s < sources_.size(); ++s)
    shares.push_back({sources_[s].name, gate_.weight(s, 0), 0, rows[s].row_size(row) > 0});
  return shares;
}

void Fused::save(TensorWriter& writer) const {
  writer.meta("model.sources", std::to_string(sources_.size()));
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    const std::string prefix = fmt::format("model.source{}", s);
    const FusedSource& source = sources_[s];
    writer.meta(prefix + ".name", source.name);
    writer.meta(prefix + ".kind", source.kind);
    writer.meta(prefix + ".of", source.content ? "content" : source.map ? "map" : "vectors");
    writer.meta(prefix + ".feeds_map", source.feeds_map ? "1" : "0");
    if (source.content) source.content->write(writer, prefix);
    if (source.vectors) source.vectors->write(writer, prefix);
    if (source.map) source.map->write(writer, prefix + ".map");
    if (source.tower) write_encoder(writer, prefix + ".tower", *source.tower);
  }
  write_matrix(writer, "model.gate", gate_.weights());
  writer.tensor("model.events", events_);
  writer.tensor("model.half_life", std::vector<float>{half_life_});
  std::vector<float> records;
  for (const StratumRecord& record : records_) {
    records.push_back(static_cast<float>(record.queries));
    records.push_back(static_cast<float>(record.better));
    records.push_back(static_cast<float>(record.first_tenth));
  }
  writer.tensor("model.records", std::move(records));
  if (vectors_.empty()) return;
  vectors_.write(writer, "model.one");
  write_matrix(writer, "model.one.vectors", embeddings_);
}

std::unique_ptr<Model> Fused::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  const auto rows = reader.shape("model.events").at(0);
  if (rows < n_items) reader.inconsistent("the fused model has fewer items than the data");
  std::vector<FusedSource> sources;
  constexpr std::int64_t kMost = 1000;
  const std::int64_t count = reader.meta_int("model.sources", 1, kMost);
  std::size_t inputs = 0;
  for (std::int64_t s = 0; s < count; ++s) {
    const std::string prefix = fmt::format("model.source{}", s);
    FusedSource source;
    source.name = reader.meta(prefix + ".name");
    source.kind = reader.meta(prefix + ".kind");
    source.feeds_map = reader.meta_int(prefix + ".feeds_map", 0, 1) == 1;
    const std::string& of = reader.meta(prefix + ".of");
    if (of == "content") {
      source.content = ContentModel::read(reader, prefix, rows);
      if (source.content->n_items() != rows) reader.inconsistent(prefix + " has another number of items");
    } else if (of == "vectors" || of == "map") {
      source.vectors = VectorModel::read(reader, prefix, rows);
      if (reader.has_meta(prefix + ".tower")) source.tower = SourceTower::read(reader, prefix + ".tower");
      if (source.tower && source.tower->dim() != source.dim())
        reader.inconsistent(prefix + ".tower makes vectors of another length");
    } else {
      reader.inconsistent(fmt::format("{} is of '{}', which this akin does not know", prefix, of));
    }
    if (source.feeds_map) inputs += source.dim();
    sources.push_back(std::move(source));
  }
  for (std::int64_t s = 0; s < count; ++s) {
    const std::string prefix = fmt::format("model.source{}", s);
    if (reader.meta(prefix + ".of") != "map") continue;
    auto map = std::make_shared<ContentMap>(ContentMap::read(reader, prefix + ".map", inputs));
    FusedSource& source = sources[static_cast<std::size_t>(s)];
    if (map->dim() != source.vectors->item_vectors().cols())
      reader.inconsistent(prefix + ".map makes vectors of another length");
    source.map = std::move(map);
  }
  SourceGate gate(read_matrix(reader, "model.gate", SourceGate::kKnots.size(), sources.size()));
  std::size_t dimensions = 0;
  for (const FusedSource& source : sources) dimensions += source.dim();
  const std::size_t n_sources = sources.size();
  auto model = std::make_unique<Fused>(std::move(sources), std::move(gate),
                                       reader.vector<std::uint32_t>("model.events", rows),
                                       reader.vector_in<float>("model.half_life", 1, 0.0F, 1e6F)[0]);
  StratumRecords records;
  const std::vector<float> stored = reader.vector_in<float>("model.records", 3 * records.size(), 0.0F, 1e7F);
  for (std::size_t k = 0; k < records.size(); ++k) {
    records.at(k) = {static_cast<std::size_t>(stored[3 * k]), static_cast<double>(stored[3 * k + 1]),
                     static_cast<double>(stored[3 * k + 2])};
  }
  model->set_records(records);
  if (reader.has("model.one.projection")) {
    FusedVectors one = FusedVectors::read(reader, "model.one", dimensions, n_sources);
    Matrix embeddings = read_matrix(reader, "model.one.vectors", rows, one.dim());
    model->set_vectors(std::move(one), std::move(embeddings));
  }
  return model;
}

}  // namespace akin
