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
      number("factors", &factors, "dimensions of the vectors", 1, 10'000, {32, 256}),
      number("window", &window, "farthest distance in a sequence at which two items are company", 1, 10'000,
             {1, 20}),
      number("min_count", &min_count, "items with fewer events get no vector", 1, 1'000'000'000),
      number("epochs", &epochs, "passes over the sequences (iter in gensim before 4.0)", 0, 100'000),
      number("sg", &sg, "1: skip-gram, each of its company predicts an item; 0: CBOW, their mean does", 0, 1),
      number("hs", &hs, "1: hierarchical softmax over a Huffman tree, beside negative sampling if that is on",
             0, 1),
      number("negatives", &negatives,
             "noise items per pair; 0 without hs: full softmax, for small catalogues", 0, 1000, {2, 20}),
      number(
          "shared_negatives", &shared_negatives,
          "skip-gram: so many of an item's company meet the same noise items; fewer is slower and nearer to "
          "word2vec, whose pairs (1) have each its own",
          1, kSgnsInputs),
      number("cbow_mean", &cbow_mean, "CBOW: 1 takes the mean of the company, 0 the sum", 0, 1),
      number("learning_rate", &learning_rate, "learning rate at the start", 0, 10, {0.005, 0.1}),
      number("min_learning_rate", &min_learning_rate, "learning rate at the end", 0, 10),
      number("sample", &sample, "items above this share of the events are thinned out; 0 = none", 0, 1,
             {1e-5, 1e-2}),
      number("negatives_power", &negatives_power, "noise items are drawn in proportion to count^this", -2, 2,
             {-1, 1}, false),
      {"shrink_windows", &shrink_windows,
       "draw each item's reach from 1 .. window, which favours the nearest"},
      {"in_order", &in_order,
       "skip-gram: word by word in the order of the text, on one thread, as word2vec does, not "
       "in shuffled blocks"},
      {"score",
       &score,
       "cosine: items like the latest; predict: items expected next to them",
       0,
       0,
       {"cosine", "predict"}},
      number("history", &history, "latest items that make a query; 1 = the last one only", 1, 10'000,
             {1, 50}),
      number("history_decay", &history_decay,
             "weight of an item relative to the one after it; 1 = their mean", 0.01, 1, {0.3, 1}, false)};
}

std::vector<Param> Word2VecFamilyConfig::params_without(std::span<const std::string_view> names) {
  std::vector<Param> left = params();
  std::erase_if(left,
                [&](const Param& param) { return std::ranges::find(names, param.name) != names.end(); });
  return left;
}

Word2VecOptions Word2VecFamilyConfig::options(std::string_view model) const {
  if (min_learning_rate > learning_rate)
    fail(ErrorCode::kUsage, "{}: min_alpha ({}) is above alpha ({})", model, min_learning_rate,
         learning_rate);
  if (hs != 0 && negatives == 0 && score == "predict") {
    fail(ErrorCode::kUsage,
         "{}: hierarchical softmax alone gives items no output vectors to predict with; say --score cosine, "
         "or leave negative above 0",
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
          .min_learning_rate = min_learning_rate,
          .negatives_power = negatives_power};
}

}  // namespace akin
