#include "akin/base/error.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace akin {
namespace {

/// Edits from one string to the other, case-insensitive: insertions, deletions, substitutions and swaps of
/// neighbors (optimal string alignment distance).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto same = [&](std::size_t i, std::size_t j) {  // of the i-th and j-th character, from 1
    return std::tolower(static_cast<unsigned char>(a[i - 1])) ==
           std::tolower(static_cast<unsigned char>(b[j - 1]));
  };
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same(i, j) ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates) {
  constexpr std::size_t kLongestName = 128;  // longer names are not typed by hand
  if (name.empty() || name.size() > kLongestName) return "";
  const std::size_t limit = std::max<std::size_t>(1, name.size() / 3);
  std::vector<std::pair<std::size_t, const std::string*>> close;
  for (const std::string& candidate : candidates) {
    const std::size_t shorter = std::min(name.size(), candidate.size());
    if (std::max(name.size(), candidate.size()) - shorter > limit) continue;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance <= limit) close.emplace_back(distance, &candidate);
  }
  std::stable_sort(close.begin(), close.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  if (close.size() > 3) close.resize(3);
  std::string text;
  for (const auto& [distance, candidate] : close) text += (text.empty() ? "" : ", ") + *candidate;
  return text.empty() ? "" : " (did you mean " + text + "?)";
}

void internal::assertion_failed(const char* expression, const char* file, int line) {
  fail(ErrorCode::kInternal, "bug in akin: {} is false at {}:{}; please report it", expression, file, line);
}

}  // namespace akin
