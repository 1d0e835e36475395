#include "akin/text/bert_letters.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <array>

#include "akin/base/error.h"
#include "akin/text/word_piece.h"

namespace akin {
namespace {

bool is_ideograph(UChar32 c) {
  constexpr std::array<std::pair<UChar32, UChar32>, 8> kBlocks = {{{0x4E00, 0x9FFF},
                                                                   {0x3400, 0x4DBF},
                                                                   {0x20000, 0x2A6DF},
                                                                   {0x2A700, 0x2B73F},
                                                                   {0x2B740, 0x2B81F},
                                                                   {0x2B920, 0x2CEAF},
                                                                   {0xF900, 0xFAFF},
                                                                   {0x2F800, 0x2FA1F}}};
  return std::ranges::any_of(kBlocks,
                             [c](const auto& block) { return c >= block.first && c <= block.second; });
}

/// Whether c is of these categories in Unicode 8, which the package tokenizers knows: vocabularies of models were made
/// with it.
bool is_of(UChar32 c, std::uint32_t categories) {
  constexpr std::uint8_t kVersion = 8;
  if ((U_GET_GC_MASK(c) & categories) == 0) return false;
  UVersionInfo age;
  u_charAge(c, age);
  return age[0] <= kVersion;
}

/// Controls, formats and private use; a tab and the ends of lines are white space.
bool is_dropped(UChar32 c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  return c == 0xFFFD || is_of(c, U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK);
}

bool is_punctuation(UChar32 c) {
  const bool ascii =
      (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
  return ascii || is_of(c, U_GC_P_MASK);
}

void append(std::u16string& units, UChar32 c) {
  if (c <= 0xFFFF) {
    units.push_back(static_cast<char16_t>(c));
  } else {
    units.push_back(static_cast<char16_t>(U16_LEAD(c)));
    units.push_back(static_cast<char16_t>(U16_TRAIL(c)));
  }
}

void append(std::string& bytes, UChar32 c) {
  std::array<char, U8_MAX_LENGTH> buffer{};
  std::int32_t size = 0;
  U8_APPEND_UNSAFE(buffer.data(), size, c);
  bytes.append(buffer.data(), static_cast<std::size_t>(size));
}

}  // namespace

/// To UTF-16 without what is dropped; each ideograph between blanks.
void BertLetters::decode(std::string_view text) {
  units_.clear();
  const auto size = static_cast<std::int32_t>(text.size());
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  for (std::int32_t at = 0; at < size;) {
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(bytes, at, size, c);
    if (is_dropped(c)) continue;
    if (u_hasBinaryProperty(c, UCHAR_WHITE_SPACE) != 0) c = ' ';
    const bool alone = options_.split_ideographs && is_ideograph(c);
    if (alone) units_.push_back(u' ');
    append(units_, c);
    if (alone) units_.push_back(u' ');
  }
}

void BertLetters::strip_accents() {
  UErrorCode code = U_ZERO_ERROR;
  const UNormalizer2* const nfd = unorm2_getNFDInstance(&code);
  decomposed_.resize(units_.size() * 4 + 1);  // NFD grows texts up to fourfold
  const std::int32_t size =
      U_FAILURE(code)
          ? 0
          : unorm2_normalize(nfd, units_.data(), static_cast<std::int32_t>(units_.size()), decomposed_.data(),
                             static_cast<std::int32_t>(decomposed_.size()), &code);
  if (U_FAILURE(code))
    fail(ErrorCode::kIo, "ICU cannot normalize: {}; is its data installed?", u_errorName(code));
  units_.clear();
  for (std::int32_t at = 0; at < size;) {
    UChar32 c = 0;
    U16_NEXT(decomposed_.data(), at, size, c);
    if (!is_of(c, U_GC_MN_MASK)) append(units_, c);
  }
}

void BertLetters::add_words(std::string_view text, BertWords& words) {
  decode(text);
  if (options_.strip_accents) strip_accents();
  const auto end_word = [&] {
    if (words.bytes.size() > (words.ends.empty() ? 0 : words.ends.back()))
      words.ends.push_back(words.bytes.size());
  };
  const auto size = static_cast<std::int32_t>(units_.size());
  for (std::int32_t at = 0; at < size;) {
    UChar32 c = 0;
    U16_NEXT(units_.data(), at, size, c);
    if (u_hasBinaryProperty(c, UCHAR_WHITE_SPACE) != 0) {
      end_word();
      continue;
    }
    if (options_.lower_case) {
      // The one letter that becomes two, where its dot was not stripped before.
      if (c == 0x130) append(words.bytes, 'i');
      c = c == 0x130 ? 0x307 : u_tolower(c);
    }
    const bool alone = is_punctuation(c);
    if (alone) end_word();
    append(words.bytes, c);
    if (alone) end_word();
  }
  end_word();
}

}  // namespace akin
