#include "akin/text/byte_pairs.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <limits>
#include <queue>
#include <tuple>
#include <unordered_map>

#include "akin/base/error.h"

namespace akin {
namespace {

constexpr std::uint32_t kNone = 0xFFFFFFFF;

/// How GPT-2's files write a byte: as itself where it can be seen, the others as the characters from 256 on.
std::array<std::string, 256> written_bytes() {
  std::array<std::string, 256> names;
  unsigned next = 256;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool seen = (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
    const unsigned c = seen ? byte : next++;
    if (c >= 128) names[byte] += static_cast<char>(0xC0 | (c >> 6));
    names[byte] += static_cast<char>(c < 128 ? c : 0x80 | (c & 63));
  }
  return names;
}

enum class Kind : std::uint8_t { kBlank, kLetter, kDigit, kOther };

/// The kind of the character at `at`, and where the next one begins.
std::pair<Kind, std::size_t> read_character(std::string_view text, std::size_t at) {
  std::int32_t next = 0;
  UChar32 c = 0;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data() + at);
  U8_NEXT_OR_FFFD(bytes, next, static_cast<std::int32_t>(std::min<std::size_t>(text.size() - at, 4)), c);
  const std::uint32_t category = U_GET_GC_MASK(c);
  const Kind kind = u_isUWhiteSpace(c) != 0         ? Kind::kBlank
                    : (category & U_GC_L_MASK) != 0 ? Kind::kLetter
                    : (category & U_GC_N_MASK) != 0 ? Kind::kDigit
                                                    : Kind::kOther;
  return {kind, at + static_cast<std::size_t>(next)};
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  const auto size = static_cast<std::int64_t>(text.size());
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  for (std::int64_t at = 0; at < size;) {
    const std::int64_t begin = at;
    UChar32 c = 0;
    U8_NEXT(bytes, at, size, c);
    if (c >= 0) valid += text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin));
  }
  return valid;
}

/// Where the run of characters of this kind ends that begins at `at`.
std::size_t end_of_run(std::string_view text, std::size_t at, Kind kind) {
  while (at < text.size()) {
    const auto [other, next] = read_character(text, at);
    if (other != kind) break;
    at = next;
  }
  return at;
}

/// Where the word ends that begins at `at`, by the expression of GPT-2:
/// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::size_t end_of_word(std::string_view text, std::size_t at) {
  for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
    if (text.substr(at).starts_with(ending)) return at + ending.size();
  }
  const std::size_t start = text[at] == ' ' && at + 1 < text.size() ? at + 1 : at;
  if (const Kind kind = read_character(text, start).first; kind != Kind::kBlank)
    return end_of_run(text, start, kind);
  // The last blank before something else belongs to that, unless it is the only one.
  std::size_t last = at, end = at;
  while (end < text.size()) {
    const auto [kind, next] = read_character(text, end);
    if (kind != Kind::kBlank) return last > at ? last : end;
    last = end;
    end = next;
  }
  return end;
}

std::string_view without_blanks_behind(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto [kind, next] = read_character(text, at);
    if (kind != Kind::kBlank) end = next;
    at = next;
  }
  return text.substr(0, end);
}

}  // namespace

struct BytePairs::State {
  State(std::vector<std::string> tokens, std::vector<Merge> given, BytePairOptions chosen,
        const std::string& where)
      : vocabulary(std::move(tokens)), merges(std::move(given)), options(std::move(chosen)) {
    std::unordered_map<std::string_view, std::uint32_t> ids;
    for (std::uint32_t id = 0; id < vocabulary.size(); ++id) ids[vocabulary[id]] = id;
    const auto required = [&](const std::string& token) {
      const auto found = ids.find(token);
      if (found == ids.end()) fail(ErrorCode::kBadData, "{}: the vocabulary has no token '{}'", where, token);
      return found->second;
    };
    first = required(options.first);
    last = required(options.last);
    const std::array<std::string, 256> names = written_bytes();
    for (std::size_t byte = 0; byte < names.size(); ++byte) bytes[byte] = required(names[byte]);
    for (std::uint32_t rank = 0; rank < merges.size(); ++rank) {
      const auto [left, right] = merges[rank];
      pairs[key(left, right)] = {rank, required(vocabulary.at(left) + vocabulary.at(right))};
    }
    for (std::size_t s = 0; s < options.special.size(); ++s) {
      const auto found = ids.find(options.special[s].token);
      if (found == ids.end() || found->first.empty()) continue;
      specials.emplace_back(s, found->second);
      special_starts.push_back(found->first[0]);
    }
  }

  struct Pair {
    std::uint32_t rank = kNone, id = kNone;
  };
  static std::uint64_t key(std::uint32_t left, std::uint32_t right) {
    return std::uint64_t{left} << 32 | right;
  }
  Pair pair(std::uint32_t left, std::uint32_t right) const {
    const auto found = pairs.find(key(left, right));
    return found == pairs.end() ? Pair{} : found->second;
  }
  /// The longest special token at `at`: its place in the options, and its id.
  const std::pair<std::size_t, std::uint32_t>* special_at(std::string_view text, std::size_t at) const {
    const std::pair<std::size_t, std::uint32_t>* best = nullptr;
    std::size_t longest = 0;
    for (const auto& special : specials) {
      const std::string& token = options.special[special.first].token;
      if (token.size() <= longest || !text.substr(at).starts_with(token)) continue;
      best = &special;
      longest = token.size();
    }
    return best;
  }

  std::vector<std::string> vocabulary;
  std::vector<Merge> merges;
  BytePairOptions options;
  std::uint32_t first = 0, last = 0;
  std::array<std::uint32_t, 256> bytes{};
  std::unordered_map<std::uint64_t, Pair> pairs;
  std::vector<std::pair<std::size_t, std::uint32_t>> specials;
  std::string special_starts;
};

namespace {

/// Merges the bytes of words.
template <typename State>
class Merger {
 public:
  explicit Merger(const State& state) : state_(state) {}

  void add_word(std::string_view word, std::vector<std::uint32_t>& ids) {
    parts_.clear();
    for (std::size_t p = 0; p < word.size(); ++p)
      parts_.push_back({state_.bytes[static_cast<unsigned char>(word[p])], p - 1, p + 1});
    for (std::size_t p = 0; p + 1 < parts_.size(); ++p) push(p);
    while (!queue_.empty()) {
      const auto [rank, p, id] = queue_.top();
      queue_.pop();
      Part& left = parts_[p];
      // One of the two may have become part of another token since.
      if (left.id == kNone || left.next >= parts_.size()) continue;
      if (state_.pair(left.id, parts_[left.next].id).rank != rank) continue;
      Part& right = parts_[left.next];
      left.id = id;
      right.id = kNone;
      left.next = right.next;
      if (left.next < parts_.size()) {
        parts_[left.next].previous = p;
        push(p);
      }
      if (p > 0) push(left.previous);
    }
    for (const Part& part : parts_) {
      if (part.id != kNone) ids.push_back(part.id);
    }
  }

 private:
  struct Part {
    std::uint32_t id;
    std::size_t previous, next;
  };
  using Entry = std::tuple<std::uint32_t, std::size_t, std::uint32_t>;  // rank, place of the left part, id
  void push(std::size_t p) {
    const auto pair = state_.pair(parts_[p].id, parts_[parts_[p].next].id);
    if (pair.id != kNone) queue_.emplace(pair.rank, p, pair.id);
  }
  const State& state_;
  std::vector<Part> parts_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
};

}  // namespace

BytePairs::BytePairs(std::vector<std::string> vocabulary, std::vector<Merge> merges, BytePairOptions options,
                     const std::string& where)
    : state_(std::make_unique<const State>(std::move(vocabulary), std::move(merges), std::move(options),
                                           where)) {}
BytePairs::~BytePairs() = default;
BytePairs::BytePairs(BytePairs&&) noexcept = default;
BytePairs& BytePairs::operator=(BytePairs&&) noexcept = default;

const std::vector<std::string>& BytePairs::vocabulary() const { return state_->vocabulary; }
const std::vector<BytePairs::Merge>& BytePairs::merges() const { return state_->merges; }
const BytePairOptions& BytePairs::options() const { return state_->options; }

std::vector<std::uint32_t> BytePairs::encode(std::string_view bytes, std::size_t most) const {
  AKIN_ASSERT(most >= 2);
  const State& state = *state_;
  const std::string text = valid_utf8(bytes);
  std::vector<std::uint32_t> ids = {state.first};
  Merger merger(state);
  const auto add_words = [&](std::string_view plain) {
    std::string blank;
    if (state.options.add_blank && !plain.empty() && plain[0] != ' ')
      plain = blank = " " + std::string(plain);
    for (std::size_t at = 0; at < plain.size() && ids.size() < most;) {
      const std::size_t end = end_of_word(plain, at);
      merger.add_word(plain.substr(at, end - at), ids);
      at = end;
    }
  };
  const std::string_view all = text;
  std::size_t begin = 0;
  for (std::size_t at = 0; ids.size() < most;) {
    at = all.find_first_of(state.special_starts, at);
    const auto* const special = at == std::string_view::npos ? nullptr : state.special_at(all, at);
    if (at != std::string_view::npos && special == nullptr) {
      ++at;
      continue;
    }
    std::string_view plain = all.substr(begin, at == std::string_view::npos ? at : at - begin);
    if (special == nullptr) {
      add_words(plain);
      break;
    }
    const BytePairOptions::Special& how = state.options.special[special->first];
    add_words(how.strip_left ? without_blanks_behind(plain) : plain);
    ids.push_back(special->second);
    begin = at = at + how.token.size();
    if (how.strip_right) begin = at = end_of_run(all, at, Kind::kBlank);
  }
  ids.resize(std::min(ids.size(), most - 1));
  ids.push_back(state.last);
  return ids;
}

}  // namespace akin
