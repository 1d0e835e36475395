// PGM and PPM with bytes: what the pictures of an IDX file are given as.
#include <algorithm>
#include <charconv>
#include <string_view>

#include "akin/base/error.h"
#include "akin/image/decoders.h"

namespace akin::decoders {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The next number of a header, behind blanks and comments; `text` goes on behind it.
std::int64_t number(std::string_view& text) {
  while (!text.empty() && (is_blank(text[0]) || text[0] == '#')) {
    const std::size_t end = text[0] == '#' ? std::min(text.find('\n'), text.size() - 1) : 0;
    text.remove_prefix(end + 1);
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) fail(ErrorCode::kBadData, "damaged PGM or PPM: its header is cut off");
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

Picture pnm(std::span<const std::uint8_t> bytes, const DecodeOptions& options) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const bool colours = text[1] == '6';
  text.remove_prefix(2);
  const std::int64_t width = number(text), height = number(text), most = number(text);
  check_size(width, height, options);
  if (most != 255)
    fail(ErrorCode::kBadData, "a PGM or PPM of values up to {}; those up to 255 are read", most);
  Picture picture(static_cast<int>(width), static_cast<int>(height));
  const std::size_t values = picture.rgb.size() / (colours ? 1 : 3);
  if (text.empty() || !is_blank(text[0]) || text.size() - 1 < values)
    fail(ErrorCode::kBadData, "damaged PGM or PPM: it is cut off");
  const std::span<const std::uint8_t> pixels = bytes.last(text.size() - 1);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) picture.rgb[i] = pixels[colours ? i : i / 3];
  return picture;
}

}  // namespace akin::decoders
