// Pictures of all formats.
#include "akin/image/decode.h"
#include "akin/image/hog.h"
#include "akin/image/idx.h"
#include "akin/image/resize.h"
#include "harness.h"
#include "targets.h"

namespace akin::fuzz {

/// A picture that is read has all its pixels, and comes back from a PNG.
void picture(std::string_view input) {
  const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(input.data()),
                                            input.size());
  for (const std::size_t dimensions : {1, 3}) {
    attempt([&] {
      const IdxArray array = parse_idx(std::string(input), dimensions);
      std::size_t values = 1;
      for (const std::size_t size : array.shape) values *= size;
      if (array.values.size() != values) broken("an array without its values");
    });
  }
  for (const int enough : {0, 4}) {
    attempt([&] {
      const Picture read = decode_picture(bytes, {.most_pixels = 200'000, .enough = enough});
      const auto pixels = static_cast<std::size_t>(read.width) * static_cast<std::size_t>(read.height);
      if (read.rgb.size() != 3 * pixels || pixels == 0) broken("a picture without its pixels");
      if (decode_picture(encode_png(read)).rgb != read.rgb) broken("another picture when read back");
      static_cast<void>(difference_hash(read));
      static_cast<void>(square(read, {.size = 16, .fit = Fit::kPad}));
    });
  }
}

}  // namespace akin::fuzz
