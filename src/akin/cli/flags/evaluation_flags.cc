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
  line.add(
      {"--cutoffs", "K,K", Text{&cutoffs_}, "lengths of the lists to score", Need::kOptional, 0, "5,10,20"});
  line.add(
      {"--candidates", "WHICH", Text{&candidates_},
       "what held-out items have to beat: all (items), uniform:N or popularity:N (N drawn items a list; such "
       "figures are much higher and can even turn the order of models around). Default: all, unless the "
       "files came with candidates"});
  line.add({"--include-seen", "", &include_seen_,
            "rank items that the user already has as well, where buying again is a success"});
  line.add({"--ties", "HOW", Text{&ties_},
            "of items with the same score, held-out ones come last (against the model) or first (for it)",
            Need::kOptional, 0, "against"});
  line.add({"--auc", "", &auc_, "also the area under the ROC curve over all candidates (slower)"});
  line.add({"--accuracy-only", "", &accuracy_only_,
            "skip what lists are like besides being right: coverage, Gini, novelty, diversity ..."});
  line.add({"--liked", "X", &liked_,
            "also how well held-out events of value X or more are told from the others: AUC, GAUC, accuracy, "
            "log loss"});
  line.add(
      {"--resamples", "N", &resamples_, "bootstrap resamples behind the 95 % intervals; 0 = no intervals"});
}

EvaluateOptions EvaluationFlags::options(std::uint64_t seed) const {
  if (ties_ != "against" && ties_ != "for") {
    fail(ErrorCode::kUsage, "--ties: '{}' is neither against nor for", ties_);
  }
  EvaluateOptions options;
  options.cutoffs = parse_cutoffs(cutoffs_);
  options.ties = ties_ == "for" ? Ties::kInFavour : Ties::kAgainst;
  options.candidates = parse_candidates(candidates_, seed);
  options.exclude_seen = !include_seen_;
  options.beyond = !accuracy_only_;
  options.auc = auc_;
  options.liked = liked_;
  options.resamples = resamples_;
  return options;
}

}  // namespace akin::cli
