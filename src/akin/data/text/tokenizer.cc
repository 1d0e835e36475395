#include "akin/data/text/tokenizer.h"

#include <algorithm>
#include <array>
#include <vector>

#include "akin/base/error.h"
#include "akin/data/id_map.h"
#include "akin/data/readers/text_decode.h"
#include "akin/data/string_column.h"
#include "akin/data/text/icu_words.h"

namespace akin {
namespace {

/// What UAX 29 makes of an ASCII character.
enum AsciiClass : std::uint8_t {
  kOther = 0,
  kLetter = 1,
  kDigit = 2,
  kUnderscore = 4,  // joins letters and digits
  kMidLetter = 8,   // part of a word between two letters, as in "don't"
  kMidNumber = 16,  // part of a number between two digits, as in "1,000"
  kMidBoth = kMidLetter | kMidNumber,
  kNoText = 32,  // makes no word alone, though it is a letter to some versions of ICU
};
constexpr std::uint8_t kText = kLetter | kDigit;
constexpr std::uint8_t kWordCharacter = kText | kUnderscore;
constexpr int kMiddleOf = kMidLetter / kLetter;  // times kLetter or kDigit: what joins two of them
static_assert(kMiddleOf * kDigit == kMidNumber);

using AsciiTable = std::array<std::uint8_t, 128>;

/// ICU's versions differ in two characters: it is asked.
AsciiTable make_table(IcuWords& icu) {
  AsciiTable table{};
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = kLetter;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = kLetter;
  for (char c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = kDigit;
  table['_'] = kUnderscore;
  table['.'] = table['\''] = kMidBoth;
  table[','] = table[';'] = kMidNumber;
  if (icu.words("a:b").size() == 1) table[':'] = kMidLetter;
  if (icu.words("a@b").size() == 1) table['@'] = kLetter | kNoText;
  return table;
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace

TokenKind parse_token_kind(std::string_view name) {
  if (name == "words") return TokenKind::kWords;
  if (name == "space") return TokenKind::kSpace;
  fail(ErrorCode::kUsage,
       "tokens: '{}': expected words (of any language, without punctuation) or space (split at white space)",
       name);
}

class Tokenizer::Work {
 public:
  Work(TokenKind kind, bool lowercase) : kind_(kind), lowercase_(lowercase), table_(make_table(icu_)) {}

  std::span<const std::string_view> split(std::string_view text) {
    bytes_.clear();
    pieces_.clear();
    if (is_ascii(text)) {
      add_ascii(text);
    } else {
      add_mixed(text);
    }
    tokens_.resize(pieces_.size());
    std::ranges::transform(pieces_, tokens_.begin(), [this](const Piece& piece) {
      return std::string_view(bytes_).substr(piece.begin, piece.size);
    });
    return tokens_;
  }

 private:
  struct Piece {
    std::size_t begin, size;
  };

  void add_ascii(std::string_view text) {
    const std::size_t begin = bytes_.size();
    bytes_.resize(begin + text.size());
    if (lowercase_) {
      std::ranges::transform(text, bytes_.begin() + static_cast<std::ptrdiff_t>(begin), lower_ascii);
    } else {
      std::ranges::copy(text, bytes_.begin() + static_cast<std::ptrdiff_t>(begin));
    }
    kind_ == TokenKind::kWords ? scan_words(begin) : scan_blanks(begin);
  }

  /// Blanks are boundaries on both sides whatever stands around them, so each part between them can go its
  /// own way.
  void add_mixed(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      if (is_blank(text[at])) {
        ++at;
        continue;
      }
      std::size_t end = at;
      while (end < text.size() && !is_blank(text[end])) ++end;
      const std::string_view part = text.substr(at, end - at);
      is_ascii(part) ? add_ascii(part) : add_foreign(part);
      at = end;
    }
  }

  void scan_blanks(std::size_t at) {
    while (at < bytes_.size()) {
      if (is_blank(bytes_[at])) {
        ++at;
        continue;
      }
      const std::size_t begin = at;
      while (at < bytes_.size() && !is_blank(bytes_[at])) ++at;
      pieces_.push_back({begin, at - begin});
    }
  }

  static bool is_text(std::uint8_t kind) { return (kind & kText) != 0 && (kind & kNoText) == 0; }

  /// UAX 29, rules WB5 to WB13b, for ASCII.
  void scan_words(std::size_t at) {
    const std::size_t end = bytes_.size();
    const auto kind_at = [this](std::size_t i) { return table_[static_cast<unsigned char>(bytes_[i])]; };
    while (at < end) {
      std::uint8_t last = kind_at(at);
      if ((last & kWordCharacter) == 0) {
        ++at;
        continue;
      }
      const std::size_t begin = at++;
      bool text = is_text(last);
      while (at < end) {
        const std::uint8_t next = kind_at(at);
        if ((next & kWordCharacter) != 0) {
          last = next;
          text |= is_text(next);
          ++at;
          continue;
        }
        const int middle = kMiddleOf * (last & kText);
        if ((next & middle) == 0 || at + 1 == end || (kind_at(at + 1) & last & kText) == 0) break;
        last = kind_at(at + 1);
        text |= is_text(last);
        at += 2;
      }
      if (text) pieces_.push_back({begin, at - begin});
    }
  }

  /// A part that is not ASCII: from the memory of such parts, else by ICU.
  void add_foreign(std::string_view part) {
    if (part.size() > kLongestKept) {
      for (const std::string& token : foreign_tokens(part)) add_piece(token);
      return;
    }
    if (kept_.size() >= kMostKept) forget();
    const std::size_t known = kept_.size();
    const idx_t row = kept_.add(part);
    if (row == known) {
      for (const std::string& token : foreign_tokens(part)) kept_tokens_.push_back(token);
      kept_ends_.push_back(kept_tokens_.size());
    }
    for (std::size_t t = row == 0 ? 0 : kept_ends_[row - 1]; t < kept_ends_[row]; ++t)
      add_piece(kept_tokens_[t]);
  }

  std::vector<std::string> foreign_tokens(std::string_view part) {
    std::vector<std::string> tokens;
    if (kind_ == TokenKind::kSpace) {
      tokens.emplace_back(part);
    } else {
      tokens = icu_.words(part);
    }
    if (lowercase_) {
      for (std::string& token : tokens) token = lower_case(token);
    }
    return tokens;
  }

  void add_piece(std::string_view token) {
    pieces_.push_back({bytes_.size(), token.size()});
    bytes_ += token;
  }

  void forget() {
    kept_ = {};
    kept_tokens_ = {};
    kept_ends_.clear();
  }

  static constexpr std::size_t kLongestKept = 64;  // bytes; longer ones do not come again
  static constexpr std::size_t kMostKept = 1 << 17;

  TokenKind kind_;
  bool lowercase_;
  IcuWords icu_;
  AsciiTable table_;
  std::string bytes_;  // the tokens of the text, perhaps with other bytes between them
  std::vector<Piece> pieces_;
  std::vector<std::string_view> tokens_;
  IdMap kept_;  // parts seen before; the tokens of part r end before kept_ends_[r]
  StringColumn kept_tokens_;
  std::vector<std::size_t> kept_ends_;
};

Tokenizer::Tokenizer(TokenKind kind, bool lowercase) : work_(std::make_unique<Work>(kind, lowercase)) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

std::span<const std::string_view> Tokenizer::operator()(std::string_view text) { return work_->split(text); }

}  // namespace akin
