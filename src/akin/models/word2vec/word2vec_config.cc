#include "akin/models/word2vec/word2vec_config.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/models/word2vec/sgns_kernel.h"

namespace akin {

std::vector<Param> Word2VecFamilyConfig::params() {
  const auto number = [](auto name, auto* value, auto help, double min, double max, SearchRange search = {},
                         bool log_scale = true) {
    return Param{name, value, help, min, max, {}, log_scale, search};
  };
  return {
      number("factors", &factors, "dimension of the vectors (gensim: size, vector_size)", 1, 10'000,
             {32, 256}),
      number("window", &window, "maximum distance between an item and its context in a sequence", 1, 10'000,
             {1, 20}),
      number("min_count", &min_count, "items with fewer events get no vector", 1, 1'000'000'000),
      number("epochs", &epochs, "epochs over the sequences (gensim 3: iter)", 0, 100'000),
      number("sg", &sg, "1 = skip-gram, 0 = CBOW", 0, 1),
      number("hs", &hs,
             "1 = hierarchical softmax with a Huffman tree, in addition to negative sampling unless "
             "negatives is 0",
             0, 1),
      number("negatives", &negatives,
             "negative samples per pair (gensim: negative); 0 without hs = full softmax, for small catalogs",
             0, 1000, {2, 20}),
      number("shared_negatives", &shared_negatives,
             "skip-gram: context items that share the same negative samples; smaller is slower and closer to "
             "word2vec, where each pair has its own (1)",
             1, kSgnsInputs),
      number("cbow_mean", &cbow_mean, "CBOW: 1 = mean of the context vectors, 0 = sum", 0, 1),
      number("learning_rate", &learning_rate, "initial learning rate (gensim: alpha)", 0, 10, {0.005, 0.1}),
      number("min_learning_rate", &min_learning_rate,
             "final learning rate, at most learning_rate (gensim: min_alpha)", 0, 10),
      number("sample", &sample, "subsample items whose share of the events is above this threshold; 0 = off",
             0, 1, {1e-5, 1e-2}),
      number(
          "negatives_power", &negatives_power,
          "probability of a negative sample is proportional to count^negatives_power (gensim: ns_exponent)",
          -2, 2, {-1, 1}, false),
      {"shrink_windows", &shrink_windows,
       "draw the window of each item from 1 .. window, which favors near context"},
      {"in_order", &in_order,
       "skip-gram: train in the order of the text on one thread, as word2vec does, instead of shuffled "
       "blocks"},
      {"score",
       &score,
       "cosine = items similar to the latest ones; predict = items expected in their context",
       0,
       0,
       {"cosine", "predict"}},
      number("history", &history, "number of latest items that form a query; 1 = the last item only", 1,
             10'000, {1, 50}),
      number("history_decay", &history_decay,
             "weight of an item in a query relative to the next one; 1 = equal weights", 0.01, 1, {0.3, 1},
             false)};
}

std::vector<Param> Word2VecFamilyConfig::params_without(std::span<const std::string_view> names) {
  std::vector<Param> left = params();
  std::erase_if(left,
                [&](const Param& param) { return std::ranges::find(names, param.name) != names.end(); });
  return left;
}

void set_help(std::vector<Param>& params, std::string_view name, std::string_view help) {
  std::ranges::find(params, name, &Param::name)->help = help;
}

Word2VecOptions Word2VecFamilyConfig::options(std::string_view model) const {
  if (hs != 0 && negatives == 0 && score == "predict") {
    fail(ErrorCode::kUsage,
         "{}: hierarchical softmax alone gives items no output vectors to predict with; use score=cosine, or "
         "negatives above 0",
         model);
  }
  return {.windows = {.window = static_cast<std::size_t>(window), .shrink = shrink_windows, .sample = sample},
          .factors = static_cast<std::size_t>(factors),
          .epochs = static_cast<std::size_t>(epochs),
          .skip_gram = sg != 0,
          .mean = cbow_mean != 0,
          .hierarchical = hs != 0,
          .in_order = in_order,
          .negatives = static_cast<std::size_t>(negatives),
          .shared_negatives = static_cast<std::size_t>(shared_negatives),
          .learning_rate = learning_rate,
          .min_learning_rate = final_learning_rate(),
          .negatives_power = negatives_power};
}

}  // namespace akin
