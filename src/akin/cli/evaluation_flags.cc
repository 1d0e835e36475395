#include "akin/cli/evaluation_flags.h"

#include <algorithm>
#include <charconv>

#include "akin/base/error.h"
#include "akin/cli/shop_text.h"

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
  line.add({"--cutoffs", "K,K", &cutoffs_, "lengths of the lists to score", Need::kOptional, 0, "5,10,20"});
  line.add({"--ties", "HOW", &ties_,
            "of items with the same score, held-out ones come last (against the model) or first (for it)",
            Need::kOptional, 0, "against"});
}

EvaluateOptions EvaluationFlags::options() const {
  if (ties_ != "against" && ties_ != "for") {
    fail(ErrorCode::kUsage, "--ties: '{}' is neither against nor for", ties_);
  }
  return {.cutoffs = parse_cutoffs(cutoffs_), .ties = ties_ == "for" ? Ties::kInFavour : Ties::kAgainst};
}

}  // namespace akin::cli
