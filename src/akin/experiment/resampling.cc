#include "akin/experiment/resampling.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/text.h"
#include "akin/experiment/labelled_pictures.h"

namespace akin {
namespace {

constexpr std::uint64_t kSplitStream = 0x53504C4954;

}  // namespace

LearnAndTest random_split(std::span<const idx_t> rows, std::span<const std::uint32_t> group_of,
                          std::uint64_t test_size, std::uint64_t seed, std::uint64_t stream) {
  std::vector<idx_t> order(rows.begin(), rows.end());
  Rng(seed, kSplitStream + stream).shuffle(std::span(order));
  std::vector<char> tested(group_of.size());  // by the first of a group
  std::vector<std::uint64_t> size_of(group_of.size());
  for (const idx_t row : rows) ++size_of[group_of[row]];
  std::uint64_t drawn = 0;
  for (const idx_t row : order) {
    if (drawn >= test_size) break;
    if (tested[group_of[row]] != 0) continue;
    tested[group_of[row]] = 1;
    drawn += size_of[group_of[row]];
  }
  LearnAndTest parts;
  for (const idx_t row : rows) (tested[group_of[row]] != 0 ? parts.second : parts.first).push_back(row);
  return parts;
}

std::vector<LearnAndTest> resample(const LabelledTexts& texts, const Resampling& how,
                                   const TextPairs& together, std::uint64_t seed) {
  const std::vector<std::uint32_t> group_of = first_of_group(texts.size(), together);
  std::vector<LearnAndTest> parts;
  if (how.splits == 0) {
    std::vector<int> fold_of = stratified_folds(texts, how.folds, seed);
    for (std::size_t i = 0; i < texts.size(); ++i) fold_of[i] = fold_of[group_of[i]];
    for (int fold = 0; fold < how.folds; ++fold) parts.push_back(rows_of_fold(fold_of, fold));
    return parts;
  }
  if (how.test_size == 0 || how.test_size >= texts.size()) {
    fail(ErrorCode::kUsage, "the number to test must be from 1 to {}, fewer than there are, not {}",
         texts.size() - 1, how.test_size);
  }
  std::vector<idx_t> rows(texts.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<idx_t>(i);
  for (int split = 0; split < how.splits; ++split)
    parts.push_back(random_split(rows, group_of, how.test_size, seed, static_cast<std::uint64_t>(split)));
  return parts;
}

std::vector<ParamValues> combinations(const std::vector<std::string>& choices) {
  std::vector<ParamValues> all(1);
  for (const std::string& choice : choices) {
    const std::size_t equals = choice.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == choice.size())
      fail(ErrorCode::kUsage, "'{}': write choices as NAME=A,B, such as neighbors=1,5", choice);
    const std::string name = choice.substr(0, equals);
    std::vector<ParamValues> more;
    for (const ParamValues& values : all) {
      for (const std::string_view value : split(std::string_view(choice).substr(equals + 1), ',')) {
        ParamValues with = values;
        if (!with.try_emplace(name, value).second)
          fail(ErrorCode::kUsage, "choices of {} are given twice", name);
        more.push_back(std::move(with));
      }
    }
    all = std::move(more);
  }
  return all;
}

}  // namespace akin
