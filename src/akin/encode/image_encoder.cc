#include "akin/encode/image_encoder.h"

#include <algorithm>
#include <array>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/safetensors.h"
#include "akin/image/hog.h"
#include "akin/image/item_pictures.h"

namespace akin {
namespace {

constexpr int kCell = 8;  // of HOG
constexpr int kMostPixels = 4096;

/// Names of the attributes that are pictures.
std::vector<std::string> picture_fields(const ItemContent& content) {
  std::vector<std::string> names;
  for (const auto& [name, column] : content.attributes().all()) {
    if (content.attributes().type(name).kind == AttributeType::Kind::kPicture) names.push_back(name);
  }
  return names;
}

/// The picture in another shape: width and height are equal where `fit` is not to stretch.
Picture shaped(const Picture& picture, int width, int height, Fit fit) {
  if (fit == Fit::kStretch || width != height) return resize(picture, width, height, Filter::kBilinear);
  return square(picture, {.size = width, .fit = fit});
}

}  // namespace

std::vector<Param> ImageEncoder::Config::params() {
  std::vector<Param> params = {
      {"features", &features, "what is taken of a picture", 0, 0, {"pixels", "histogram", "hog"}},
      {"width", &width, "pixels that a picture is resized to for pixels and hog; 0 = 12, hog: 64", 0,
       kMostPixels},
      {"height", &height, "the same from top to bottom; 0 = 16, hog: 64", 0, kMostPixels},
      fit_param(&fit)};
  add_params(params);
  return params;
}

void ImageEncoder::set(const Config& config) {
  constexpr std::array<std::string_view, 3> kFeatures = {"pixels", "histogram", "hog"};
  const auto found = std::ranges::find(kFeatures, config.features);
  if (found == kFeatures.end())
    fail(ErrorCode::kUsage, "{}: there are no features '{}'", kName, config.features);
  features_name_ = config.features;
  features_ = static_cast<Features>(found - kFeatures.begin());
  fit_name_ = config.fit;
  fit_ = parse_fit(config.fit);
  const bool is_hog = features_ == Features::kHog;
  width_ = config.width > 0 ? config.width : is_hog ? 64 : 12;
  height_ = config.height > 0 ? config.height : is_hog ? 64 : 16;
  if (is_hog && (width_ % kCell != 0 || height_ % kCell != 0 || std::min(width_, height_) < 2 * kCell)) {
    fail(ErrorCode::kUsage,
         "{}: width and height of hog must be multiples of {} and at least {}, not {} and {}", kName, kCell,
         2 * kCell, width_, height_);
  }
  if (features_ != Features::kHistogram && fit_ != Fit::kStretch && width_ != height_) {
    fail(ErrorCode::kUsage, "{}: fit={} makes squares; give width and height alike, not {} and {}", kName,
         config.fit, width_, height_);
  }
}

std::size_t ImageEncoder::dim() const {
  switch (features_) {
    case Features::kPixels:
      return static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) * 3;
    case Features::kHistogram:
      return 64;
    case Features::kHog:
      return hog_size(width_, height_);
  }
  return 0;
}

std::vector<float> ImageEncoder::features_of(const Picture& picture) const {
  if (features_ == Features::kHistogram) return color_histogram(picture);
  const Picture small = shaped(picture, width_, height_, fit_);
  if (features_ == Features::kHog) return hog(small);
  std::vector<float> pixels(small.rgb.size());
  std::ranges::transform(small.rgb, pixels.begin(),
                         [](std::uint8_t x) { return static_cast<float>(x) / 255; });
  return pixels;
}

Matrix ImageEncoder::vectors_of(const ItemContent& items, const Context& context) const {
  const PictureReader reader(context);
  BrokenPictures broken;
  Matrix result(items.size(), dim());
  parallel_for(
      items.size(), context.threads,
      [&](std::size_t begin, std::size_t end, int) {
        context.check_stop();
        for (std::size_t i = begin; i < end; ++i) {
          float count = 0;
          for (const std::string_view path : items.pictures(i)) {
            std::vector<float> features;
            try {
              // Twice the size asked for: what is averaged hardly differs from the whole picture's.
              features = features_of(reader.read(path, {.enough = 2 * std::max(width_, height_)}));
            } catch (const Error& error) {
              if (error.code() != ErrorCode::kIo && error.code() != ErrorCode::kBadData) throw;
              broken.add(error.what());
              continue;
            }
            ++count;
            for (std::size_t c = 0; c < features.size(); ++c)
              result.row(i)[c] += (features[c] - result.row(i)[c]) / count;
          }
        }
      },
      16);
  if (broken.count() > 0) context.remark(broken.remark());
  if (unit_length_) normalize_rows(result);
  return result;
}

std::unique_ptr<ContentEncoder> ImageEncoder::fit(const EncoderInput& input, const Config& config,
                                                  const Context& context) {
  auto encoder = std::make_unique<ImageEncoder>();
  encoder->fields_ = picture_fields(input.content);
  if (encoder->fields_.empty() ||
      std::ranges::none_of(input.items, [&](idx_t item) { return !input.content.pictures(item).empty(); })) {
    fail(ErrorCode::kBadData, "{}: no item has a picture; `akin import ... --pictures FOLDER` names them",
         kName);
  }
  encoder->set(config);
  encoder->unit_length_ = !config.any();
  return with_steps(std::move(encoder), config, input, context);
}

void ImageEncoder::save(TensorWriter& writer, const std::string& prefix) const {
  write_texts(writer, prefix + ".fields", fields_);
  writer.meta(prefix + ".features", features_name_);
  writer.meta(prefix + ".fit", fit_name_);
  writer.meta(prefix + ".width", std::to_string(width_));
  writer.meta(prefix + ".height", std::to_string(height_));
  writer.meta(prefix + ".unit_length", std::to_string(int{unit_length_}));
}

std::unique_ptr<ContentEncoder> ImageEncoder::load(const TensorReader& reader, const std::string& prefix) {
  auto encoder = std::make_unique<ImageEncoder>();
  encoder->fields_ = read_texts(reader, prefix + ".fields");
  if (encoder->fields_.empty()) reader.inconsistent("its encoder looks at no field");
  Config config;
  config.features = reader.meta(prefix + ".features");
  config.fit = reader.meta(prefix + ".fit");
  config.width = static_cast<int>(reader.meta_int(prefix + ".width", 1, kMostPixels));
  config.height = static_cast<int>(reader.meta_int(prefix + ".height", 1, kMostPixels));
  try {
    encoder->set(config);
  } catch (const Error& error) {
    reader.inconsistent(error.what());
  }
  encoder->unit_length_ = reader.meta_int(prefix + ".unit_length", 0, 1) == 1;
  return read_steps(std::move(encoder), reader, prefix);
}

}  // namespace akin
