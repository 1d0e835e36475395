#include "akin/data/text/phrases.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "akin/base/checked_math.h"
#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/rng.h"
#include "akin/data/text/escaped_field.h"

namespace akin {
namespace {

std::uint64_t pair_key(idx_t first, idx_t second) { return std::uint64_t{first} << 32 | second; }

/// Pairs of words with a number each. Open addressing, at most 2/3 full.
class NcfTable {
 public:
  struct Slot {
    std::uint64_t key = kNone;
    std::uint64_t value = 0;
  };
  NcfTable() : slots_(1 << 10) {}

  /// The pair's number, 0 if it is new.
  std::uint64_t& operator[](std::uint64_t key) {
    Slot* slot = &slots_[place(key)];
    if (slot->key == kNone) {
      if ((++size_) * 3 > slots_.size() * 2) {
        grow();
        slot = &slots_[place(key)];
      }
      slot->key = key;
    }
    return slot->value;
  }
  const std::uint64_t* find(std::uint64_t key) const {
    const Slot& slot = slots_[place(key)];
    return slot.key == kNone ? nullptr : &slot.value;
  }
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Slot& slot : slots_) {
      if (slot.key != kNone) visit(slot.key, slot.value);
    }
  }

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};  // no pair: there are at most 2^32 - 2 words

  std::size_t place(std::uint64_t key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = Rng::mix(key) & mask;
    while (slots_[at].key != kNone && slots_[at].key != key) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.key != kNone) slots_[place(slot.key)] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

/// Joins the pairs of `joined` to the words they map to, from left to right.
void join_pairs(TextCorpus& corpus, const NcfTable& joined) {
  rewrite_sentences(corpus, [&](std::span<const idx_t> sentence, idx_t* out) {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < sentence.size(); ++i) {
      const std::uint64_t* word =
          i + 1 < sentence.size() ? joined.find(pair_key(sentence[i], sentence[i + 1])) : nullptr;
      out[n++] = word != nullptr ? static_cast<idx_t>(*word) : sentence[i];
      if (word != nullptr) ++i;
    }
    return n;
  });
}

NcfTable count_pairs(const TextCorpus& corpus, const std::vector<std::uint64_t>& counts,
                     std::uint64_t min_count, const Context& context) {
  constexpr std::size_t kSentencesToStop = 1 << 14;
  NcfTable pairs;
  for (std::size_t s = 0; s < corpus.sentences(); ++s) {
    if (s % kSentencesToStop == 0) context.check_stop();
    const std::span<const idx_t> sentence = corpus.sentence(s);
    for (std::size_t i = 1; i < sentence.size(); ++i) {
      const idx_t a = sentence[i - 1], b = sentence[i];
      if (counts[a] >= min_count && counts[b] >= min_count) ++pairs[pair_key(a, b)];
    }
  }
  return pairs;
}

/// One pass over the corpus: its phrases, joined.
std::vector<Phrase> find_pass(TextCorpus& corpus, const PhraseOptions& options, int pass,
                              const Context& context) {
  const std::vector<std::uint64_t> counts = corpus.counts();
  const NcfTable pairs = count_pairs(corpus, counts, options.min_count, context);
  const auto tokens = static_cast<double>(corpus.tokens.size());
  std::vector<Phrase> phrases;
  pairs.for_each([&](std::uint64_t key, std::uint64_t count) {
    const auto a = static_cast<idx_t>(key >> 32), b = static_cast<idx_t>(key);
    const double above = static_cast<double>(count) - static_cast<double>(options.min_count);
    const double score = tokens * above / (static_cast<double>(counts[a]) * static_cast<double>(counts[b]));
    if (score > options.threshold)
      phrases.push_back({pass, std::string(corpus.words.id(a)), std::string(corpus.words.id(b)), score});
  });
  std::ranges::sort(phrases, [](const Phrase& x, const Phrase& y) {
    if (x.score != y.score) return x.score > y.score;
    return x.first != y.first ? x.first < y.first : x.second < y.second;
  });
  join_phrases(corpus, phrases);
  return phrases;
}

}  // namespace

std::vector<Phrase> find_phrases(TextCorpus& corpus, const PhraseOptions& options, const Context& context) {
  if (options.passes < 1) fail(ErrorCode::kUsage, "phrases: {} passes; at least 1 is needed", options.passes);
  if (!(options.threshold >= 0))
    fail(ErrorCode::kUsage, "phrase threshold {}: it must not be negative", options.threshold);
  std::vector<Phrase> phrases;
  for (int pass = 1; pass <= options.passes; ++pass) {
    context.report({"phrases", static_cast<std::uint64_t>(pass - 1),
                    static_cast<std::uint64_t>(options.passes), "passes"});
    std::vector<Phrase> found = find_pass(corpus, options, pass, context);
    if (found.empty()) break;
    std::ranges::move(found, std::back_inserter(phrases));
  }
  return phrases;
}

void join_phrases(TextCorpus& corpus, const std::vector<Phrase>& phrases) {
  std::map<int, NcfTable> passes;
  for (const Phrase& phrase : phrases) {
    const auto a = corpus.words.add(phrase.first), b = corpus.words.add(phrase.second);
    passes[phrase.pass][pair_key(a, b)] = corpus.words.add(phrase.first + "_" + phrase.second);
  }
  for (const auto& [pass, joined] : passes) join_pairs(corpus, joined);
}

void write_phrases(const std::vector<Phrase>& phrases, const std::string& path) {
  AtomicFile file(path);
  if (!phrases.empty()) file.write(text_mark(phrases[0].first));
  for (const Phrase& phrase : phrases) {
    file.write(fmt::format("{}\t{}\t{}\t{}\n", escaped_field(phrase.first), escaped_field(phrase.second),
                           phrase.score, phrase.pass));
  }
  file.commit();
}

std::vector<Phrase> read_phrases(const std::string& path) {
  constexpr std::size_t kMostFields = 4;
  LineReader lines(path);
  std::vector<Phrase> phrases;
  while (const auto line = lines.next()) {
    if (line->empty()) continue;
    std::vector<std::string_view> fields;
    for (std::size_t at = 0; at <= line->size();) {
      const std::size_t tab = std::min(line->find('\t', at), line->size());
      fields.push_back(line->substr(at, tab - at));
      at = tab + 1;
    }
    if (fields.size() < 2 || fields.size() > kMostFields || fields[0].empty() || fields[1].empty()) {
      fail(ErrorCode::kBadData, "{}: two words, a score and a pass, separated by tabs, are expected",
           lines.position());
    }
    Phrase phrase{1, unescaped_field(fields[0]), unescaped_field(fields[1])};
    const auto score = fields.size() > 2 ? parse_all<double>(fields[2]) : 0.0;
    const auto pass = fields.size() > 3 ? parse_all<int>(fields[3]) : 1;
    if (!score || !std::isfinite(*score))
      fail(ErrorCode::kBadData, "{}: '{}' is not a score", lines.position(), fields[2]);
    if (!pass || *pass < 1)
      fail(ErrorCode::kBadData, "{}: '{}' is not a pass; they count from 1", lines.position(), fields[3]);
    phrase.score = *score;
    phrase.pass = *pass;
    phrases.push_back(std::move(phrase));
  }
  return phrases;
}

}  // namespace akin
