#include "akin/text/word_piece.h"

#include <algorithm>
#include <array>

#include "akin/base/error.h"
#include "akin/base/hash.h"
#include "akin/text/bert_letters.h"

namespace akin {
namespace {

constexpr std::uint32_t kNone = 0xFFFFFFFF;
constexpr std::string_view kInside = "##";

/// Ids by token, those inside words apart; a table with open addressing.
class Pieces {
 public:
  explicit Pieces(const std::vector<std::string>& vocabulary) {
    std::size_t size = 16;
    while (size < 2 * vocabulary.size()) size *= 2;
    slots_.assign(size, Slot{});
    for (std::uint32_t id = 0; id < vocabulary.size(); ++id) {
      const std::string_view token = vocabulary[id];
      add(token, false, id);
      if (token.starts_with(kInside)) add(token.substr(kInside.size()), true, id);
    }
  }
  std::uint32_t find(std::string_view token, bool inside) const {
    if (token.size() > longest_) return kNone;
    return slots_[slot_of(token, inside)].id;
  }
  std::size_t longest() const { return longest_; }

 private:
  struct Slot {
    std::string_view token;
    bool inside = false;
    std::uint32_t id = kNone;
  };
  void add(std::string_view token, bool inside, std::uint32_t id) {
    slots_[slot_of(token, inside)] = {token, inside, id};
    longest_ = std::max(longest_, token.size());
  }
  std::size_t slot_of(std::string_view token, bool inside) const {
    std::size_t at = hash_bytes(token.data(), token.size(), inside ? 1 : 0) & (slots_.size() - 1);
    while (slots_[at].id != kNone && !(slots_[at].inside == inside && slots_[at].token == token))
      at = (at + 1) & (slots_.size() - 1);
    return at;
  }
  std::vector<Slot> slots_;
  std::size_t longest_ = 0;
};

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// What an ASCII character does in a text.
enum class Kind : std::uint8_t { kLetter, kBlank, kMark, kDropped };

Kind kind_of(unsigned char c) {
  if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return Kind::kBlank;
  if (c < 32 || c == 127) return Kind::kDropped;
  const bool mark =
      (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
  return mark ? Kind::kMark : Kind::kLetter;
}

}  // namespace

struct WordPiece::State {
  State(std::vector<std::string> tokens, WordPieceOptions given, const std::string& where)
      : vocabulary(std::move(tokens)), options(std::move(given)), pieces(vocabulary) {
    const auto required = [&](const std::string& token) {
      const std::uint32_t id = pieces.find(token, false);
      if (id == kNone) fail(ErrorCode::kBadData, "{}: the vocabulary has no token '{}'", where, token);
      specials.emplace_back(token, id);
      return id;
    };
    if (vocabulary.empty()) fail(ErrorCode::kBadData, "{}: the vocabulary is empty", where);
    unknown = required(options.unknown);
    first = required(options.first);
    last = required(options.last);
    for (const std::string& token : options.special) {
      if (const std::uint32_t id = pieces.find(token, false); id != kNone) specials.emplace_back(token, id);
    }
    std::erase_if(specials, [](const auto& special) { return special.first.empty(); });
    for (const auto& [token, id] : specials) special_starts.push_back(token[0]);
    for (std::size_t c = 0; c < 128; ++c) {
      kinds[c] = kind_of(static_cast<unsigned char>(c));
      lower[c] = static_cast<char>(options.lower_case && c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
  }

  std::vector<std::string> vocabulary;
  WordPieceOptions options;
  Pieces pieces;
  std::uint32_t unknown = 0, first = 0, last = 0;
  std::vector<std::pair<std::string, std::uint32_t>> specials;
  std::string special_starts;
  std::array<Kind, 128> kinds{};
  std::array<char, 128> lower{};

  /// The longest special token at `at`, or nullptr.
  const std::pair<std::string, std::uint32_t>* special_at(std::string_view text, std::size_t at) const {
    const std::pair<std::string, std::uint32_t>* best = nullptr;
    for (const auto& special : specials) {
      const bool longer = best == nullptr || special.first.size() > best->first.size();
      if (longer && text.substr(at).starts_with(special.first)) best = &special;
    }
    return best;
  }
};

namespace {

/// Cuts one text; ids beyond `most` are not made.
class Cutter {
 public:
  Cutter(const Pieces& pieces, std::uint32_t unknown, std::size_t most_letters, std::size_t most,
         std::vector<std::uint32_t>& ids)
      : pieces_(pieces), unknown_(unknown), most_letters_(most_letters), most_(most), ids_(ids) {}

  bool full() const { return ids_.size() >= most_; }
  void push(std::uint32_t id) {
    if (!full()) ids_.push_back(id);
  }
  void word(std::string_view word) {
    if (word.empty() || full()) return;
    const bool too_long =
        word.size() > most_letters_ &&
        word.size() - static_cast<std::size_t>(std::ranges::count_if(word, is_continuation)) > most_letters_;
    const std::size_t before = ids_.size();
    if (too_long || !cut(word)) {
      ids_.resize(before);
      ids_.push_back(unknown_);
    }
    if (ids_.size() > most_) ids_.resize(most_);
  }

 private:
  bool cut(std::string_view word) {
    for (std::size_t begin = 0; begin < word.size();) {
      std::size_t end = begin + std::min(word.size() - begin, pieces_.longest());
      std::uint32_t id = kNone;
      while (end > begin) {
        const bool whole = end == word.size() || !is_continuation(word[end]);
        if (whole) id = pieces_.find(word.substr(begin, end - begin), begin > 0);
        if (id != kNone) break;
        --end;
      }
      if (id == kNone) return false;
      ids_.push_back(id);
      begin = end;
    }
    return true;
  }

  const Pieces& pieces_;
  std::uint32_t unknown_;
  std::size_t most_letters_, most_;
  std::vector<std::uint32_t>& ids_;
};

/// The words of a text without special tokens: runs of ASCII here, those with other characters through ICU.
template <typename State>
void cut_words(const State& state, std::string_view text, BertLetters& letters, Cutter& cutter) {
  std::string word;
  BertWords words;
  for (std::size_t at = 0; at < text.size() && !cutter.full();) {
    const std::size_t begin = at;
    word.clear();
    bool ascii = true, blank = false;
    for (; at < text.size() && !blank; ++at) {
      const auto c = static_cast<unsigned char>(text[at]);
      if (c >= 128) {
        ascii = false;
        continue;
      }
      const Kind kind = state.kinds[c];
      blank = kind == Kind::kBlank;
      if (!ascii || blank || kind == Kind::kDropped) continue;
      word.push_back(state.lower[c]);
    }
    const std::string_view run = text.substr(begin, at - begin - (blank ? 1 : 0));
    if (!ascii) {
      words.clear();
      letters.add_words(run, words);
      std::size_t from = 0;
      for (const std::size_t end : words.ends) {
        cutter.word(std::string_view(words.bytes).substr(from, end - from));
        from = end;
      }
      continue;
    }
    std::size_t from = 0;
    const std::string_view all = word;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (state.kinds[static_cast<unsigned char>(all[i])] != Kind::kMark) continue;
      cutter.word(all.substr(from, i - from));
      cutter.word(all.substr(i, 1));
      from = i + 1;
    }
    cutter.word(all.substr(from));
  }
}

}  // namespace

WordPiece::WordPiece(std::vector<std::string> vocabulary, WordPieceOptions options, const std::string& where)
    : state_(std::make_unique<const State>(std::move(vocabulary), std::move(options), where)) {}
WordPiece::~WordPiece() = default;
WordPiece::WordPiece(WordPiece&&) noexcept = default;
WordPiece& WordPiece::operator=(WordPiece&&) noexcept = default;

const std::vector<std::string>& WordPiece::vocabulary() const { return state_->vocabulary; }
const WordPieceOptions& WordPiece::options() const { return state_->options; }

std::vector<std::uint32_t> WordPiece::encode(std::string_view text, std::size_t most) const {
  AKIN_ASSERT(most >= 2);
  const State& state = *state_;
  std::vector<std::uint32_t> ids = {state.first};
  Cutter cutter(state.pieces, state.unknown, state.options.most_letters, most - 1, ids);
  BertLetters letters(state.options);
  std::size_t begin = 0;
  for (std::size_t at = 0; !cutter.full();) {
    at = text.find_first_of(state.special_starts, at);
    const auto* const special = at == std::string_view::npos ? nullptr : state.special_at(text, at);
    if (at != std::string_view::npos && special == nullptr) {
      ++at;
      continue;
    }
    cut_words(state, text.substr(begin, at == std::string_view::npos ? at : at - begin), letters, cutter);
    if (special == nullptr) break;
    cutter.push(special->second);
    begin = at += special->first.size();
  }
  ids.push_back(state.last);
  return ids;
}

}  // namespace akin
