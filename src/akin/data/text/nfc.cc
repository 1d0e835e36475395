#include "akin/data/text/nfc.h"

#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include <algorithm>

#include "akin/base/error.h"
#include "akin/data/readers/text_decode.h"

namespace akin {
namespace {

/// False for most texts that are NFC: no byte that begins a mark to be joined, a Hangul letter, or a sign that NFC
/// replaces.
bool may_be_decomposed(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0xCC || byte == 0xCD || (byte >= 0xE0 && byte <= 0xE3) || byte == 0xEF || byte >= 0xF0;
  });
}

}  // namespace

std::optional<std::string> to_nfc(std::string_view text) {
  if (!may_be_decomposed(text) || !is_utf8(text)) return std::nullopt;
  UErrorCode code = U_ZERO_ERROR;
  const UNormalizer2* const nfc = unorm2_getNFCInstance(&code);
  std::u16string wide(text.size(), u'\0');
  std::int32_t length = 0;
  u_strFromUTF8(wide.data(), static_cast<std::int32_t>(wide.size()), &length, text.data(),
                static_cast<std::int32_t>(text.size()), &code);
  if (U_FAILURE(code))
    fail(ErrorCode::kIo, "ICU cannot normalize: {}; is its data installed?", u_errorName(code));
  if (unorm2_isNormalized(nfc, wide.data(), length, &code) != 0) return std::nullopt;
  std::u16string composed(static_cast<std::size_t>(length) * 3 + 1,
                          u'\0');  // NFC grows texts up to threefold
  code = U_ZERO_ERROR;
  const std::int32_t size = unorm2_normalize(nfc, wide.data(), length, composed.data(),
                                             static_cast<std::int32_t>(composed.size()), &code);
  std::string result(static_cast<std::size_t>(size) * 3 + 1, '\0');
  std::int32_t bytes = 0;
  u_strToUTF8(result.data(), static_cast<std::int32_t>(result.size()), &bytes, composed.data(), size, &code);
  if (U_FAILURE(code)) return std::nullopt;
  result.resize(static_cast<std::size_t>(bytes));
  return result;
}

}  // namespace akin
