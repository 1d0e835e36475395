#include "akin/models/embed/prod2vec.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"
#include "akin/models/embed/sgns.h"

namespace akin {
namespace {

constexpr float kNoVectorScore = -1e6f;  // of items without a vector: below any dot product, and finite
constexpr std::size_t kLongestSentence = 10'000;  // longer ones are cut, which bounds memory

/// The users' sequences of the items with min_count events or more; items[t] is the item of token t.
struct Sentences {
  Corpus corpus;
  std::vector<idx_t> items;
};

Sentences sentences(const TrainingData& data, std::uint64_t min_count) {
  std::vector<std::uint64_t> counts(data.n_items(), 0);
  for (const Event& event : data.events) ++counts[event.item];
  Sentences result;
  for (idx_t i = 0; i < counts.size(); ++i) {
    if (counts[i] >= std::max<std::uint64_t>(1, min_count)) result.items.push_back(i);
  }
  std::ranges::stable_sort(result.items, [&](idx_t a, idx_t b) { return counts[a] > counts[b]; });
  constexpr idx_t kNone = 0xFFFFFFFF;
  std::vector<idx_t> token(counts.size(), kNone);
  Corpus& corpus = result.corpus;
  for (idx_t t = 0; t < result.items.size(); ++t) {
    token[result.items[t]] = t;
    corpus.counts.push_back(counts[result.items[t]]);
  }
  for (std::size_t e = 0; e < data.events.size(); ++e) {
    const bool new_user = e > 0 && data.events[e].user != data.events[e - 1].user;
    const std::size_t begun = corpus.tokens.size() - corpus.offsets.back();
    if (begun > 0 && (new_user || begun == kLongestSentence)) corpus.offsets.push_back(corpus.tokens.size());
    if (const idx_t t = token[data.events[e].item]; t != kNone) corpus.tokens.push_back(t);
  }
  if (corpus.offsets.back() < corpus.tokens.size()) corpus.offsets.push_back(corpus.tokens.size());
  return result;
}

/// Row t of `tokens` becomes row items[t] of the result; the other rows are zero.
Matrix by_item(const Matrix& tokens, const std::vector<idx_t>& items, std::size_t n_items) {
  Matrix result(n_items, tokens.cols());
  for (std::size_t t = 0; t < items.size(); ++t) std::ranges::copy(tokens[t], result.row(items[t]));
  return result;
}

bool is_zero(std::span<const float> vector) {
  return std::ranges::all_of(vector, [](float x) { return x == 0; });
}

Matrix normalized(const Matrix& vectors) {
  Matrix result = vectors.clone();
  normalize_rows(result);
  return result;
}

}  // namespace

std::vector<Param> Prod2Vec::Config::params() {
  return {{"size", &size, "dimensions of the vectors", 1, 10'000, {}, true, {32, 256}},
          {"window",
           &window,
           "farthest distance in a sequence at which two items are company",
           1,
           1000,
           {},
           true,
           {1, 20}},
          {"min_count", &min_count, "items with fewer events get no vector", 1, 1'000'000'000},
          {"epochs", &epochs, "passes over the sequences (gensim's iter)", 0, 100'000, {}, true},
          {"negative", &negative, "noise items per pair", 1, 1000, {}, true, {2, 20}},
          {"alpha", &alpha, "learning rate at the start", 0, 10, {}, true, {0.005, 0.1}},
          {"min_alpha", &min_alpha, "learning rate at the end", 0, 10, {}, true},
          {"sample",
           &sample,
           "items above this share of the events are thinned out; 0 = none",
           0,
           1,
           {},
           true,
           {1e-5, 1e-2}},
          {"ns_exponent",
           &ns_exponent,
           "noise items are drawn in proportion to count^this",
           -2,
           2,
           {},
           false,
           {-1, 1}},
          {"score",
           &score,
           "cosine: items like the latest; predict: items expected next to them",
           0,
           0,
           {"cosine", "predict"}},
          {"history", &history, "latest items that make a query", 1, 10'000, {}, true, {1, 50}},
          {"decay", &decay, "weight of an item relative to the one after it", 0.01, 1, {}, false, {0.3, 1}}};
}

Prod2Vec::Prod2Vec(Matrix input, const Matrix& scored, Scoring scoring)
    : input_(std::move(input)), items_(scored.rows(), scored.cols() + 1), scoring_(scoring) {
  for (std::size_t i = 0; i < items_.rows(); ++i) {
    std::ranges::copy(scored[i], items_.row(i));
    if (is_zero(input_[i])) items_[i].back() = kNoVectorScore;
  }
}

std::unique_ptr<Model> Prod2Vec::fit(const TrainingData& data, const Config& config, const Context& context) {
  context.check_stop();
  const Sentences text = sentences(data, static_cast<std::uint64_t>(config.min_count));
  if (text.items.empty()) {
    fail(ErrorCode::kBadData,
         "prod2vec: none of the {} events is of an item with min_count = {} events or more",
         data.events.size(), config.min_count);
  }
  if (config.min_alpha > config.alpha) {
    fail(ErrorCode::kUsage, "prod2vec: min_alpha ({}) is above alpha ({})", config.min_alpha, config.alpha);
  }
  const SgnsOptions options = {.size = static_cast<std::size_t>(config.size),
                               .window = static_cast<std::size_t>(config.window),
                               .epochs = static_cast<std::size_t>(config.epochs),
                               .negative = static_cast<std::size_t>(config.negative),
                               .alpha = config.alpha,
                               .min_alpha = config.min_alpha,
                               .sample = config.sample,
                               .ns_exponent = config.ns_exponent};
  const Scoring scoring = {config.score == "predict", static_cast<std::size_t>(config.history), config.decay};
  const auto make_model = [&](const SgnsVectors& vectors) {
    Matrix input = by_item(vectors.input, text.items, data.n_items());
    const Matrix scored =
        scoring.predict ? by_item(vectors.output, text.items, data.n_items()) : normalized(input);
    return std::unique_ptr<Model>(new Prod2Vec(std::move(input), scored, scoring));
  };
  return make_model(train_sgns(text.corpus, options, context, make_model));
}

bool Prod2Vec::user_vector(const Query& query, std::span<float> out) const {
  const std::size_t dim = input_.cols();
  std::ranges::fill(out, 0.0f);
  float weight = 1, total = 0;
  std::size_t used = 0;
  for (std::size_t h = query.history.size(); h-- > 0 && used < scoring_.history;) {
    const idx_t item = query.history[h];
    if (is_zero(input_[item])) continue;
    axpy(weight, scoring_.predict ? input_.row(item) : items_.row(item), out.data(), dim);
    total += weight;
    weight *= scoring_.decay;
    ++used;
  }
  if (used == 0) return false;
  scale(1 / total, out.data(), dim);
  out[dim] = 1;
  return true;
}

void Prod2Vec::save(TensorWriter& writer) const {
  write_matrix(writer, "model.input", input_);
  if (scoring_.predict) {
    writer.tensor("model.output", items_.data(), items_.rows(), input_.cols(), items_.stride());
  }
  writer.meta("model.score", scoring_.predict ? "predict" : "cosine");
  writer.meta("model.history", std::to_string(scoring_.history));
  writer.tensor("model.decay", std::vector<float>{scoring_.decay});
}

std::unique_ptr<Model> Prod2Vec::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  const Scoring scoring = {reader.meta("model.score") == "predict",
                           static_cast<std::size_t>(reader.meta_int("model.history", 1, 10'000)),
                           reader.vector<float>("model.decay", 1)[0]};
  Matrix input = read_matrix(reader, "model.input", n_items);
  const Matrix scored = scoring.predict ? read_matrix(reader, "model.output", n_items) : normalized(input);
  if (scored.cols() != input.cols()) {
    fail(ErrorCode::kBadData, "{}: model.input and model.output differ in their columns", reader.path());
  }
  return std::unique_ptr<Model>(new Prod2Vec(std::move(input), scored, scoring));
}

}  // namespace akin
