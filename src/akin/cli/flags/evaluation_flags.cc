#include "akin/cli/flags/evaluation_flags.h"

#include <algorithm>
#include <charconv>

#include "akin/base/error.h"
#include "akin/base/text.h"

namespace akin::cli {
namespace {

std::vector<int> parse_cutoffs(const std::vector<std::string>& texts) {
  std::vector<int> cutoffs;
  for (const std::string& text : split_lists(texts)) {
    int cutoff = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), cutoff);
    if (error != std::errc() || stop != text.data() + text.size() || cutoff < 1) {
      fail(ErrorCode::kUsage, "--cutoffs: '{}' is not a whole number of at least 1", text);
    }
    cutoffs.push_back(cutoff);
  }
  if (cutoffs.empty()) fail(ErrorCode::kUsage, "--cutoffs: give at least one, such as 5,10,20");
  std::ranges::sort(cutoffs);
  cutoffs.erase(std::unique(cutoffs.begin(), cutoffs.end()), cutoffs.end());
  return cutoffs;
}

}  // namespace

void EvaluationFlags::add_to(CommandLine& line) {
  line.section("How to evaluate");
  line.add({"--cutoffs", "K,K", Text{&cutoffs_}, "list lengths K at which metrics are computed",
            Need::kOptional, 0, "5,10,20"});
  line.add(
      {"--candidates", "WHICH", Text{&candidates_},
       "what held-out items are ranked against: all (items with events), catalogue (also items without any), "
       "cold (items without training events: those of --holdout cold-items, and those without any), "
       "uniform:N or popularity:N (N sampled items "
       "per list; metrics are then much higher, and even the order of models can change). Default: all, "
       "unless the imported files had candidates"});
  line.add({"--include-seen", "", &include_seen_,
            "also rank items that the user already has, for data where repeat purchases count"});
  line.add({"--ties", "HOW", Text{&ties_},
            "where items have equal scores, held-out ones rank last (against), first (for), or all in random "
            "order "
            "(random)",
            Need::kOptional, 0, "against"});
  line.add({"--auc", "", &auc_, "also compute the area under the ROC curve over all candidates (slower)"});
  line.add({"--accuracy-only", "", &accuracy_only_,
            "skip the metrics beyond accuracy: coverage, Gini, novelty, diversity ..."});
  line.add({"--liked", "X", &liked_,
            "also measure how well the model separates held-out events of value X or more from the others: "
            "AUC, GAUC, accuracy, log loss"});
  line.add({"--resamples", "N", &resamples_, "bootstrap resamples for the 95 % intervals; 0 = no intervals"});
}

std::vector<std::string> EvaluationFlags::given(const CommandLine& line) {
  std::vector<std::string> flags;
  for (const char* const name :
       {"cutoffs", "candidates", "include-seen", "ties", "auc", "accuracy-only", "liked", "resamples"}) {
    if (line.given(name)) flags.push_back(std::string("--") + name);
  }
  return flags;
}

EvaluateOptions EvaluationFlags::options(std::uint64_t seed) const {
  if (ties_ != "against" && ties_ != "for" && ties_ != "random") {
    fail(ErrorCode::kUsage, "--ties: '{}' is none of against, for, random", ties_);
  }
  EvaluateOptions options;
  options.cutoffs = parse_cutoffs(cutoffs_);
  options.ties = ties_ == "for" ? Ties::kInFavour : ties_ == "random" ? Ties::kRandom : Ties::kAgainst;
  options.candidates = parse_candidates(candidates_, seed);
  options.exclude_seen = !include_seen_;
  options.beyond = !accuracy_only_;
  options.auc = auc_;
  options.liked = liked_;
  options.resamples = resamples_;
  return options;
}

}  // namespace akin::cli
