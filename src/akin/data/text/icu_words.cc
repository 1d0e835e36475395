#include "akin/data/text/icu_words.h"

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>

#include "akin/base/error.h"
#include "akin/data/text/tokenizer.h"

namespace akin {
namespace {

constexpr const char* kNoLanguage = "";  // a null pointer would mean the environment's

void check(UErrorCode code, const char* what) {
  if (U_FAILURE(code))
    fail(ErrorCode::kIo, "ICU cannot {}: {}; is its data installed?", what, u_errorName(code));
}

std::int32_t length_of(std::size_t size) { return static_cast<std::int32_t>(size); }

void to_utf16(std::string_view text, std::u16string& out) {
  out.resize(text.size());  // never needs more units than bytes
  std::int32_t length = 0;
  UErrorCode code = U_ZERO_ERROR;
  u_strFromUTF8WithSub(out.data(), length_of(out.size()), &length, text.data(), length_of(text.size()),
                       0xFFFD, nullptr, &code);
  if (code != U_STRING_NOT_TERMINATED_WARNING) check(code, "read the text");
  out.resize(static_cast<std::size_t>(length));
}

std::string to_utf8(std::u16string_view text) {
  std::string out(text.size() * 3, '\0');
  std::int32_t length = 0;
  UErrorCode code = U_ZERO_ERROR;
  u_strToUTF8WithSub(out.data(), length_of(out.size()), &length, text.data(), length_of(text.size()), 0xFFFD,
                     nullptr, &code);
  if (code != U_STRING_NOT_TERMINATED_WARNING) check(code, "write the text");
  out.resize(static_cast<std::size_t>(length));
  return out;
}

bool has_letter_or_digit(std::u16string_view word) {
  const auto size = length_of(word.size());
  for (std::int32_t at = 0; at < size;) {
    UChar32 c = 0;
    U16_NEXT(word.data(), at, size, c);
    if (u_isalnum(c) != 0) return true;
  }
  return false;
}

}  // namespace

struct IcuWords::State {
  UBreakIterator* boundaries = nullptr;
  std::u16string text;
};

IcuWords::IcuWords() : state_(std::make_unique<State>()) {
  UErrorCode code = U_ZERO_ERROR;
  state_->boundaries = ubrk_open(UBRK_WORD, kNoLanguage, nullptr, 0, &code);
  check(code, "find words");
}

IcuWords::~IcuWords() { ubrk_close(state_->boundaries); }

std::vector<std::string> IcuWords::words(std::string_view text) {
  std::u16string& units = state_->text;
  to_utf16(text, units);
  UErrorCode code = U_ZERO_ERROR;
  ubrk_setText(state_->boundaries, units.data(), length_of(units.size()), &code);
  check(code, "find words");
  std::vector<std::string> words;
  std::int32_t begin = ubrk_first(state_->boundaries);
  for (std::int32_t end = 0; (end = ubrk_next(state_->boundaries)) != UBRK_DONE; begin = end) {
    if (ubrk_getRuleStatus(state_->boundaries) < UBRK_WORD_NONE_LIMIT) continue;
    const auto word = std::u16string_view(units).substr(static_cast<std::size_t>(begin),
                                                        static_cast<std::size_t>(end - begin));
    if (!has_letter_or_digit(word)) continue;  // such as "__", which ICU takes for letters
    words.push_back(to_utf8(word));
  }
  return words;
}

std::string lower_case(std::string_view text) {
  std::u16string units;
  to_utf16(text, units);
  std::u16string lower(units.size() + 2, u'\0');
  for (;;) {
    UErrorCode code = U_ZERO_ERROR;
    const std::int32_t length = u_strToLower(lower.data(), length_of(lower.size()), units.data(),
                                             length_of(units.size()), kNoLanguage, &code);
    lower.resize(static_cast<std::size_t>(length));
    if (code == U_BUFFER_OVERFLOW_ERROR) continue;  // once, with the size it needs
    if (code != U_STRING_NOT_TERMINATED_WARNING) check(code, "write lower case");
    return to_utf8(lower);
  }
}

}  // namespace akin
