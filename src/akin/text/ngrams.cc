#include "akin/text/ngrams.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"

namespace akin {
namespace {

constexpr idx_t kNone = PairMap::kNone;
constexpr std::size_t kTextsToStop = 4096;

std::uint64_t key_of(idx_t first, idx_t second) { return std::uint64_t{first} << 32 | second; }

/// A level of the table while it is learned: a candidate for each word of all texts, or none.
struct Level {
  std::vector<idx_t> candidates;          // by word of all texts: the run that begins there
  std::vector<std::uint32_t> texts_with;  // by candidate

  /// Counts in how many texts each candidate is.
  void count(std::span<const std::uint64_t> ends, std::size_t size) {
    texts_with.assign(size, 0);
    std::vector<std::uint32_t> last(size, 0);  // number of the last text with it, from 1
    std::uint64_t at = 0;
    for (std::uint32_t text = 1; text <= ends.size(); ++text) {
      for (; at < ends[text - 1]; ++at) {
        const idx_t candidate = candidates[at];
        if (candidate == kNone || last[candidate] == text) continue;
        last[candidate] = text;
        ++texts_with[candidate];
      }
    }
  }

  /// New numbers for the candidates in enough texts, the others none. Returns how many are left.
  std::size_t keep(int min_count, std::vector<idx_t>& numbers) {
    numbers.assign(texts_with.size(), kNone);
    idx_t kept = 0;
    for (std::size_t c = 0; c < texts_with.size(); ++c) {
      if (texts_with[c] >= static_cast<std::uint32_t>(min_count)) numbers[c] = kept++;
    }
    return kept;
  }
};

/// Appends the columns of a level to those of each text, once each.
struct RowCollector {
  std::vector<std::vector<idx_t>> levels;  // columns by word of all texts, kNone = no run begins there

  Csr rows(std::span<const std::uint64_t> ends, std::size_t columns) const {
    Csr rows;
    rows.cols = columns;
    std::vector<std::uint32_t> last(columns, 0);
    for (std::uint32_t text = 1; text <= ends.size(); ++text) {
      const std::uint64_t begin = text == 1 ? 0 : ends[text - 2];
      for (const std::vector<idx_t>& level : levels) {
        for (std::uint64_t at = begin; at < ends[text - 1]; ++at) {
          if (level[at] == kNone || last[level[at]] == text) continue;
          last[level[at]] = text;
          rows.indices.push_back(level[at]);
        }
      }
      rows.offsets.push_back(rows.indices.size());
    }
    return rows;
  }
};

}  // namespace

std::size_t PairMap::slot_of(std::uint64_t key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = Rng::mix(key) & mask;
  while (slots_[at] != kNone && keys_[slots_[at]] != key) at = (at + 1) & mask;
  return at;
}

void PairMap::grow() {
  slots_.assign(slots_.empty() ? 1024 : slots_.size() * 2, kNone);
  for (idx_t row = 0; row < keys_.size(); ++row) slots_[slot_of(keys_[row])] = row;
}

idx_t PairMap::add(idx_t first, idx_t second) {
  if (keys_.size() * 2 >= slots_.size()) grow();
  const std::uint64_t key = key_of(first, second);
  idx_t& slot = slots_[slot_of(key)];
  if (slot == kNone) {
    if (keys_.size() >= kNone - 1) fail(ErrorCode::kBadData, "there are too many different runs of words");
    slot = static_cast<idx_t>(keys_.size());
    keys_.push_back(key);
  }
  return slot;
}

idx_t PairMap::find(idx_t first, idx_t second) const {
  return slots_.empty() ? kNone : slots_[slot_of(key_of(first, second))];
}

NgramTable::NgramTable(std::span<const std::string> texts, TextWords& words, int longest, int min_count,
                       Csr& rows, const Context& context)
    : longest_(longest) {
  IdMap all;
  Level level;
  std::vector<std::uint64_t> ends;
  for (const std::string& text : texts) {
    if (ends.size() % kTextsToStop == 0) context.check_stop();
    for (const std::string_view word : words(text)) level.candidates.push_back(all.add(word));
    ends.push_back(level.candidates.size());
  }
  std::vector<idx_t> numbers;
  level.count(ends, all.size());
  level.keep(min_count, numbers);
  for (idx_t w = 0; w < all.size(); ++w) {
    if (numbers[w] != kNone) words_.add(all.id(w));
  }
  RowCollector collector;
  std::vector<idx_t>& first = collector.levels.emplace_back(std::move(level.candidates));
  for (idx_t& word : first) word = numbers[word];
  for (int length = 2; length <= longest; ++length) {
    context.check_stop();
    // A run of so many words: the column of its beginning, then its last word.
    const std::vector<idx_t>& shorter = collector.levels.back();
    const std::vector<idx_t>& words_at = collector.levels.front();
    const auto ahead = static_cast<std::uint64_t>(length - 1);
    PairMap found;
    level.candidates.assign(shorter.size(), kNone);
    std::uint64_t at = 0;
    for (const std::uint64_t end : ends) {
      for (; at < end; ++at) {
        if (at + ahead >= end || shorter[at] == kNone || words_at[at + ahead] == kNone) continue;
        level.candidates[at] = found.add(shorter[at], words_at[at + ahead]);
      }
    }
    level.count(ends, found.size());
    level.keep(min_count, numbers);
    const std::size_t before = size();
    if (before + found.size() >= kNone)
      fail(ErrorCode::kBadData, "there are too many different runs of words");
    for (std::size_t c = 0; c < found.size(); ++c) {
      if (numbers[c] == kNone) continue;
      numbers[c] += static_cast<idx_t>(before);
      runs_.add(static_cast<idx_t>(found.keys()[c] >> 32), static_cast<idx_t>(found.keys()[c]));
    }
    for (idx_t& run : level.candidates) run = run == kNone ? kNone : numbers[run];
    collector.levels.push_back(std::move(level.candidates));
  }
  rows = collector.rows(ends, size());
}

void NgramTable::find(std::span<const std::string_view> words, std::vector<Place>& places) const {
  places.clear();
  std::vector<idx_t> known(words.size());
  for (std::size_t w = 0; w < words.size(); ++w) known[w] = words_.find(words[w]).value_or(kNone);
  std::vector<idx_t> runs = known;
  for (int length = 1; length <= longest_; ++length) {
    for (std::size_t at = 0; at < words.size(); ++at) {
      if (length > 1) {
        const std::size_t last = at + static_cast<std::size_t>(length) - 1;
        idx_t run = kNone;
        if (runs[at] != kNone && last < words.size() && known[last] != kNone)
          run = runs_.find(runs[at], known[last]);
        runs[at] = run == kNone ? kNone : static_cast<idx_t>(words_.size() + run);
      }
      if (runs[at] != kNone)
        places.push_back({runs[at], static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length)});
    }
  }
  // Each column where it first stands: columns of a level are below those of longer runs.
  std::ranges::stable_sort(places, {}, &Place::column);
  const auto same = [](const Place& a, const Place& b) { return a.column == b.column; };
  places.erase(std::unique(places.begin(), places.end(), same), places.end());
}

std::string NgramTable::name(idx_t column) const {
  if (column < words_.size()) return std::string(words_.id(column));
  const std::uint64_t key = runs_.keys()[column - words_.size()];
  return name(static_cast<idx_t>(key >> 32)) + ' ' + std::string(words_.id(static_cast<idx_t>(key)));
}

void NgramTable::save(TensorWriter& writer, const std::string& prefix) const {
  write_ids(writer, prefix + ".words", words_);
  writer.tensor(prefix + ".runs", runs_.keys());
  writer.meta(prefix + ".longest", std::to_string(longest_));
}

void NgramTable::load(const TensorReader& reader, const std::string& prefix) {
  words_ = read_ids(reader, prefix + ".words");
  longest_ = static_cast<int>(reader.meta_int(prefix + ".longest", 1, kLongest));
  std::vector<int> lengths(words_.size(), 1);
  for (const std::uint64_t key : reader.tensor<std::uint64_t>(prefix + ".runs")) {
    const std::uint64_t first = key >> 32, last = key & kNone;
    const idx_t column = static_cast<idx_t>(size());
    if (first >= column || last >= words_.size() || lengths[first] >= longest_ ||
        runs_.add(static_cast<idx_t>(first), static_cast<idx_t>(last)) + words_.size() != column)
      reader.inconsistent(fmt::format("{}.runs holds a run that cannot be", prefix));
    lengths.push_back(lengths[first] + 1);
  }
}

}  // namespace akin
