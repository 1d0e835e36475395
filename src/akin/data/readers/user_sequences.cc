#include "akin/data/readers/user_sequences.h"

#include <algorithm>

namespace akin {

void UserSequences::append(std::string_view user, std::vector<idx_t>& sequence, idx_t item, Subset part) {
  const auto time = static_cast<std::int64_t>(sequence.size()) * kSecond;
  builder_.add_event(user, items_.id(item), 1, time, kind_, part);
  sequence.push_back(item);
}

void UserSequences::add(std::string_view user, std::span<const std::string_view> before,
                        std::string_view next, Subset part) {
  const idx_t u = users_.add(user);
  if (u == sequences_.size()) sequences_.emplace_back();
  std::vector<idx_t>& sequence = sequences_[u];
  std::vector<idx_t> line;
  for (const std::string_view item : before) line.push_back(items_.add(item));
  line.push_back(items_.add(next));
  // Where the sequence ends with the items before, which is the usual case, nothing is searched.
  std::size_t known = std::min(before.size(), sequence.size());
  const auto continues = [&](std::size_t count) {
    return std::equal(sequence.end() - static_cast<std::ptrdiff_t>(count), sequence.end(), line.begin());
  };
  if (before.empty() || known < before.size() || !continues(known)) {
    if (std::search(sequence.begin(), sequence.end(), line.begin(), line.end()) != sequence.end()) {
      ++repeated_;
      return;
    }
    while (!continues(known)) --known;
  }
  for (std::size_t i = known; i < before.size(); ++i)
    append(user, sequence, line[i], part == Subset::kTrain ? part : Subset::kHistory);
  append(user, sequence, line.back(), part);
}

}  // namespace akin
