#include "akin/models/word2vec/word2vec_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/models/word2vec/word2vec_start.h"
#include "akin/models/word2vec/word2vec_training.h"

namespace akin {
namespace {

constexpr float kNoVectorScore = -1e6f;  // of items without a vector: below any dot product, and finite

}  // namespace

Word2VecModel::Scoring Word2VecModel::scoring_of(const Word2VecFamilyConfig& config) {
  return {config.score == "predict", static_cast<std::size_t>(config.history), config.history_decay};
}

Word2VecModel::Word2VecModel(Matrix input, Matrix output, Scoring scoring)
    : input_(std::move(input)), items_(output.rows(), output.cols() + 1), scoring_(scoring) {
  const std::size_t dim = input_.cols();
  for (std::size_t i = 0; i < items_.rows(); ++i) {
    const std::span<float> scored = items_[i];
    std::ranges::copy(scoring.predict ? output[i] : input_[i], scored.begin());
    if (is_zero(input_[i])) scored.back() = kNoVectorScore;
    if (scoring.predict) continue;
    const float length = std::sqrt(dot(scored.data(), scored.data(), dim));
    if (length > 0) scale(1 / length, scored.data(), dim);
  }
  if (!scoring.predict) output_ = std::move(output);
}

bool Word2VecModel::has_vector(idx_t item) const { return items_[item].back() == 0; }

bool Word2VecModel::user_vector(const Query& query, std::span<float> out) const {
  const std::size_t dim = input_.cols();
  std::ranges::fill(out, 0.0f);
  float total = 0;
  for_latest(query, [&](idx_t item, float weight) {
    axpy(weight, scoring_.predict ? input_.row(item) : items_.row(item), out.data(), dim);
    total += weight;
  });
  if (!(total > 0)) return false;
  scale(1 / total, out.data(), dim);
  out[dim] = 1;
  return true;
}

void Word2VecModel::save(TensorWriter& writer) const {
  const Matrix& output = scoring_.predict ? items_ : output_;
  write_matrix(writer, "model.input", input_);
  writer.tensor("model.output", output.data(), output.rows(), input_.cols(), output.stride());
  writer.meta("model.score", scoring_.predict ? "predict" : "cosine");
  writer.meta("model.history", std::to_string(scoring_.history));
  writer.tensor("model.decay", std::vector<float>{scoring_.history_decay});
}

Word2VecModel::State Word2VecModel::read(const TensorReader& reader, std::size_t n_items) {
  const std::string& score = reader.meta("model.score");
  if (score != "predict" && score != "cosine")
    reader.inconsistent(fmt::format("there is no score '{}'", score));
  const Scoring scoring = {score == "predict",
                           static_cast<std::size_t>(reader.meta_int("model.history", 1, 10'000)),
                           reader.vector_in<float>("model.decay", 1, 0, 1)[0]};
  Matrix input = read_matrix(reader, "model.input", n_items);
  Matrix output = read_matrix(reader, "model.output", n_items);
  if (output.cols() != input.cols() || input.cols() == 0)
    reader.inconsistent("model.input and model.output have no columns, or not the same");
  return {std::move(input), std::move(output), scoring};
}

std::unique_ptr<Model> Word2VecModel::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  return std::make_unique<Word2VecModel>(read(reader, n_items));
}

std::unique_ptr<Model> fit_embed(const TrainingData& data, const Word2VecFamilyConfig& config,
                                 const ItemCorpus& text, const Word2VecOptions& options,
                                 const FitContext& context, std::string_view model) {
  context.check_stop();
  Word2VecVectors vectors = starting_vectors(text, options, context, model);
  const auto snapshot = [&](const Word2VecVectors& now) {
    return std::make_unique<Word2VecModel>(text.by_item(now.input, data.n_items()),
                                           text.by_item(now.output, data.n_items()),
                                           Word2VecModel::scoring_of(config));
  };
  return train_word2vec(text.corpus, options, context, vectors, snapshot);
}

}  // namespace akin
