#include "akin/models/word2vec/doc2vec.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/start.h"
#include "akin/models/word2vec/word2vec_start.h"
#include "akin/models/word2vec/word2vec_training.h"

namespace akin {
namespace {}  // namespace

std::vector<Param> Doc2Vec::Config::params() {
  std::vector<Param> all = SkipGramConfig::params();
  std::erase_if(all, [](const Param& param) {
    return param.name == "score" || param.name == "history" || param.name == "history_decay";
  });
  const auto number = [](auto name, int* value, auto help, double min, double max) {
    return Param{name, value, help, min, max};
  };
  all.push_back(
      number("dm", &dm, "1 = PV-DM (user and context predict an item), 0 = PV-DBOW (the user alone)", 0, 1));
  all.push_back(number("dm_mean", &dm_mean, "PV-DM: 1 = mean of user and context vectors, 0 = sum", 0, 1));
  all.push_back(number("dbow_words", &dbow_words, "PV-DBOW: 1 = also train item vectors by skip-gram", 0, 1));
  all.push_back(number("infer_epochs", &infer_epochs, "epochs over the history of a new user", 1, 10'000));
  return all;
}

Doc2Vec::Doc2Vec(Matrix input, Matrix output, Matrix documents, Inference inference)
    : Word2VecModel(std::move(input), std::move(output), {.predict = true, .history = 1, .history_decay = 1}),
      documents_(std::move(documents)),
      inference_(std::move(inference)) {
  const std::vector<double> weights(inference_.negative_weights.begin(), inference_.negative_weights.end());
  sampler_.emplace(weights);
}

std::unique_ptr<Model> Doc2Vec::fit(const TrainingData& data, const Config& config,
                                    const FitContext& context) {
  context.check_stop();
  Word2VecOptions options = config.options(kName);
  options.skip_gram = config.dm == 0;
  options.mean = config.dm_mean != 0;
  options.windows.documents_only = config.dm == 0 && config.dbow_words == 0;
  ItemCorpus text =
      item_corpus(data, static_cast<std::uint64_t>(config.min_count), SequenceOf::kUser, kName, context);
  text.corpus.n_documents = data.n_users();
  Inference inference = {.dm = config.dm != 0,
                         .mean = options.mean,
                         .words = !options.windows.documents_only,
                         .window = options.windows.window,
                         .negatives = options.negatives,
                         .epochs = static_cast<std::size_t>(config.infer_epochs),
                         .learning_rate = config.learning_rate,
                         .min_learning_rate = config.final_learning_rate(),
                         .negative_weights = std::vector<float>(data.n_items(), 0)};
  for (std::size_t t = 0; t < text.items.size(); ++t) {
    inference.negative_weights[text.items[t]] =
        static_cast<float>(std::pow(static_cast<double>(text.corpus.counts[t]), options.negatives_power));
  }
  std::vector<std::uint32_t> events(data.n_users(), 0);  // of each user, on whatever rank
  for (const Event& event : data.events) ++events[event.user];
  add_over_ranks(context.ranks(), std::span(events));
  const auto snapshot = [&](const Word2VecVectors& now) -> std::unique_ptr<Model> {
    Matrix documents = now.input.slice(text.corpus.n_outputs(), data.n_users());
    for (std::size_t u = 0; u < documents.rows(); ++u) {
      if (events[u] == 0) std::ranges::fill(documents[u], 0.0f);
    }
    return std::make_unique<Doc2Vec>(text.by_item(now.input, data.n_items()),
                                     text.by_item(now.output, data.n_items()), std::move(documents),
                                     inference);
  };
  Word2VecVectors vectors = starting_vectors(text, options, context, kName);
  if (const auto* old = start_model<Doc2Vec>(context)) {
    const Matrix documents = start_documents(*old, data, text, inference, context, vectors);
    for (std::size_t u = 0; u < documents.rows(); ++u) {
      if (!is_zero(documents[u]))
        std::ranges::copy(documents[u], vectors.input.row(text.corpus.n_outputs() + u));
    }
  }
  return train_word2vec(text.corpus, options, context, vectors, snapshot);
}

/// The old model's, those of users with new events inferred again.
Matrix Doc2Vec::start_documents(const Doc2Vec& old, const TrainingData& data, const ItemCorpus& text,
                                const Inference& inference, const FitContext& context,
                                const Word2VecVectors& vectors) {
  Matrix documents = old.documents_.resized(data.n_users(), old.documents_.cols());
  const Doc2Vec begun(text.by_item(vectors.input, data.n_items()),
                      text.by_item(vectors.output, data.n_items()), documents.clone(), inference);
  const std::vector<std::uint64_t> offsets = user_offsets(data.events, data.n_users());
  const std::vector<idx_t>& users = context.start->fold_users;
  parallel_for(users.size(), context.threads, [&](std::size_t first, std::size_t last, int) {
    std::vector<idx_t> history;
    for (std::size_t k = first; k < last; ++k) {
      history.clear();
      for (std::uint64_t e = offsets[users[k]]; e < offsets[users[k] + 1]; ++e)
        history.push_back(data.events[e].item);
      begun.infer(history, documents[users[k]]);
    }
  });
  return documents;
}

const Matrix& Doc2Vec::embeddings() const {
  return inference_.words ? Word2VecModel::embeddings() : Word2VecModel::item_vectors();
}

std::size_t Doc2Vec::add_context(std::span<const idx_t> history, std::size_t begin, std::size_t end,
                                 std::size_t skip, std::span<float> h) const {
  std::size_t count = 0;
  for (std::size_t p = begin; p < end; ++p) {
    if (p == skip || !has_vector(history[p])) continue;
    axpy(1, input(history[p]).data(), h.data(), h.size());
    ++count;
  }
  return count;
}

bool Doc2Vec::infer(std::span<const idx_t> history, std::span<float> document) const {
  std::vector<idx_t> known;
  std::uint64_t seed = 17;
  for (const idx_t item : history) {
    if (!has_vector(item)) continue;
    known.push_back(item);
    seed = Rng::mix(seed + item);
  }
  if (known.empty()) return false;
  std::ranges::fill(document, 0.0f);
  const std::size_t dim = documents_.cols(), window = inference_.window;
  Matrix h(1, dim), error(1, dim);
  Rng rng(seed);
  const double total = static_cast<double>(inference_.epochs * known.size());
  for (std::size_t step = 0; step < inference_.epochs * known.size(); ++step) {
    const std::size_t p = step % known.size();
    const auto learning_rate = static_cast<float>(inference_.learning_rate -
                                                  (inference_.learning_rate - inference_.min_learning_rate) *
                                                      static_cast<double>(step) / total);
    std::ranges::copy(document, h.row(0));
    float share = 1;
    if (inference_.dm) {
      const std::size_t begin = p > window ? p - window : 0, end = std::min(known.size(), p + window + 1);
      share = 1 / static_cast<float>(1 + add_context(known, begin, end, p, h[0]));
      if (inference_.mean) scale(share, h.row(0), dim);
    }
    std::ranges::fill(error[0], 0.0f);
    for (std::size_t k = 0; k <= inference_.negatives; ++k) {
      const idx_t item = k == 0 ? known[p] : sampler_->draw(rng);
      if (k > 0 && item == known[p]) continue;
      const float x = std::clamp(dot(h.row(0), output(item).data(), dim), -30.0f, 30.0f);
      const float g = learning_rate * ((k == 0 ? 1.0f : 0.0f) - 1 / (1 + std::exp(-x)));
      axpy(g, output(item).data(), error.row(0), dim);
    }
    axpy(inference_.dm && !inference_.mean ? share : 1, error.row(0), document.data(), dim);
  }
  return true;
}

bool Doc2Vec::user_vector(const Query& query, std::span<float> out) const {
  const std::size_t dim = documents_.cols();
  const std::span<float> h = out.first(dim);
  const bool stored = query.user && *query.user < documents_.rows() && !is_zero(documents_[*query.user]);
  if (stored) {
    std::ranges::copy(documents_[*query.user], h.begin());
  } else if (!infer(query.history, h)) {
    return false;
  }
  if (inference_.dm) {
    const std::size_t n = query.history.size(), begin = n > inference_.window ? n - inference_.window : 0;
    const std::size_t count = 1 + add_context(query.history, begin, n, n, h);
    if (inference_.mean) scale(1 / static_cast<float>(count), h.data(), dim);
  }
  out[dim] = 1;
  return true;
}

void Doc2Vec::save(TensorWriter& writer) const {
  Word2VecModel::save(writer);
  write_matrix(writer, "model.documents", documents_);
  writer.tensor("model.noise", inference_.negative_weights);
  writer.tensor("model.rates", std::vector<float>{inference_.learning_rate, inference_.min_learning_rate});
  const auto number = [&](const char* name, std::size_t value) { writer.meta(name, std::to_string(value)); };
  number("model.dm", inference_.dm ? 1 : 0);
  number("model.dm_mean", inference_.mean ? 1 : 0);
  number("model.words", inference_.words ? 1 : 0);
  number("model.window", inference_.window);
  number("model.negative", inference_.negatives);
  number("model.infer_epochs", inference_.epochs);
}

std::unique_ptr<Model> Doc2Vec::select_users(std::span<const idx_t> users) const {
  return std::make_unique<Doc2Vec>(Word2VecModel::embeddings().clone(),
                                   item_vectors().resized(n_items(), documents_.cols()),
                                   Matrix::gather(documents_, users), inference_);
}

std::unique_ptr<Model> Doc2Vec::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  const auto number = [&](const char* name, int low, int high) {
    return static_cast<std::size_t>(reader.meta_int(name, low, high));
  };
  const std::vector<float> rates = reader.vector_in<float>("model.rates", 2, 0, 1000);
  Inference inference = {.dm = number("model.dm", 0, 1) != 0,
                         .mean = number("model.dm_mean", 0, 1) != 0,
                         .words = number("model.words", 0, 1) != 0,
                         .window = number("model.window", 1, 10'000),
                         .negatives = number("model.negative", 1, 1000),
                         .epochs = number("model.infer_epochs", 1, 10'000),
                         .learning_rate = rates[0],
                         .min_learning_rate = rates[1],
                         .negative_weights = reader.vector_in<float>("model.noise", n_items, 0,
                                                                     std::numeric_limits<float>::max())};
  State state = read(reader, n_items);
  Matrix documents = read_matrix(reader, "model.documents", n_users);
  const bool usable = std::ranges::any_of(inference.negative_weights, [](float w) { return w > 0; });
  if (!usable || documents.cols() != state.input.cols())
    fail(ErrorCode::kBadData, "{}: the tensors of the doc2vec model do not fit together", reader.path());
  return std::make_unique<Doc2Vec>(std::move(state.input), std::move(state.output), std::move(documents),
                                   std::move(inference));
}

}  // namespace akin
