#include "akin/encode/image_encoder.h"

#include <algorithm>
#include <array>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/safetensors.h"
#include "akin/image/hog.h"
#include "akin/image/item_pictures.h"
#include "akin/image/picture_blocks.h"
#include "akin/nets/image/import.h"

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
      {"features",
       &features,
       "what is taken of a picture; auto = net if there is a file, else hog",
       0,
       0,
       {"auto", "pixels", "histogram", "hog", "net"}},
      {"file", &file, "net of pictures, which `akin encoder import` read"},
      {"layer", &layer,
       "layer of the net whose output counts, by name or index; empty = the last one of features"},
      {"pooling",
       &pooling,
       "how the places of a layer become one vector",
       0,
       0,
       {"average", "max", "flatten"}},
      {"precision",
       &precision,
       "of the net: bf16 is faster where the processor has tiles",
       0,
       0,
       {"float32", "bf16"}},
      {"width", &width, "pixels that a picture is resized to for pixels and hog; 0 = 12, hog: 64", 0,
       kMostPixels},
      {"height", &height, "the same from top to bottom; 0 = 16, hog: 64", 0, kMostPixels},
      {"fit",
       &fit,
       "how a picture becomes a square: auto = as the net wants it, else stretch",
       0,
       0,
       {"auto", "crop", "pad", "stretch"}}};
  add_params(params);
  return params;
}

void ImageEncoder::set(const Config& config) {
  constexpr std::array<std::string_view, 4> kFeatures = {"pixels", "histogram", "hog", "net"};
  features_name_ = config.features != "auto" ? config.features : config.file.empty() ? "hog" : "net";
  const auto found = std::ranges::find(kFeatures, features_name_);
  if (found == kFeatures.end())
    fail(ErrorCode::kUsage, "{}: there are no features '{}'", kName, config.features);
  features_ = static_cast<Features>(found - kFeatures.begin());
  fit_name_ = config.fit;
  fit_ = config.fit == "auto" ? Fit::kStretch : parse_fit(config.fit);
  if (features_ == Features::kNet) return;
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
    case Features::kNet:
      return net_->dim(layer_, pooling_);
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

Matrix ImageEncoder::features_of(std::span<const Picture> pictures, const Context& context) const {
  if (net_) return net_->features(pictures, layer_, pooling_, context);
  Matrix rows(pictures.size(), dim());
  parallel_for(
      pictures.size(), context.threads,
      [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t p = begin; p < end; ++p)
          std::ranges::copy(features_of(pictures[p]), rows[p].begin());
      },
      4);
  return rows;
}

Matrix ImageEncoder::vectors_of(const ItemContent& items, const Context& context) const {
  std::vector<std::string_view> paths;
  std::vector<std::size_t> owners;
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (const std::string_view path : items.pictures(i)) {
      paths.push_back(path);
      owners.push_back(i);
    }
  }
  // Edges need a sharper picture than means do: at twice the size, HOG of a photograph differed by a cosine of .007.
  constexpr int kSharper = 4, kHistogramSide = 256;
  const int enough = net_                                ? enough_pixels(net_->preprocessing().square)
                     : features_ == Features::kHistogram ? kHistogramSide
                                                         : kSharper * std::max(width_, height_);
  Matrix result(items.size(), dim());
  std::vector<float> counts(items.size());
  for_picture_blocks(paths, {.enough = enough}, "encoding", context, [&](const PictureBlock& block) {
    const Matrix rows = features_of(block.pictures, context);
    for (std::size_t p = 0; p < block.places.size(); ++p) {
      const std::size_t item = owners[block.places[p]];
      const float count = ++counts[item];
      for (std::size_t c = 0; c < rows.cols(); ++c)
        result.row(item)[c] += (rows.row(p)[c] - result.row(item)[c]) / count;
    }
  });
  if (unit_length_) normalize_rows(result);
  return result;
}

void ImageEncoder::set_net(nets::ImageNet net, const std::string& layer, const std::string& pooling) {
  if (fit_name_ != "auto") net = net.with_fit(fit_);
  layer_ = net.find_layer(layer);
  pooling_ = nets::parse_pooling(pooling);
  pooling_name_ = pooling;
  net_ = std::move(net);
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
  if (encoder->features_ == Features::kNet) {
    if (config.file.empty()) {
      fail(ErrorCode::kUsage, "{}: name the net with file=FILE; `akin encoder import` writes it", kName);
    }
    encoder->set_net(nets::load_image_net(config.file, nets::parse_net_precision(config.precision)),
                     config.layer, config.pooling);
    encoder->precision_name_ = config.precision;
  } else if (!config.file.empty()) {
    fail(ErrorCode::kUsage, "{}: features={} takes no file", kName, config.features);
  }
  encoder->unit_length_ = !config.any();
  return with_steps(std::move(encoder), config, input, context);
}

void ImageEncoder::save(TensorWriter& writer, const std::string& prefix) const {
  write_texts(writer, prefix + ".fields", fields_);
  writer.meta(prefix + ".features", features_name_);
  writer.meta(prefix + ".fit", fit_name_);
  if (net_) {
    writer.meta(prefix + ".layer", net_->layers()[layer_].name);
    writer.meta(prefix + ".pooling", pooling_name_);
    writer.meta(prefix + ".precision", precision_name_);
    writer.meta(prefix + ".manifest", net_->manifest());
    net_->save(writer, prefix + ".net");
  }
  writer.meta(prefix + ".width", std::to_string(width_));
  writer.meta(prefix + ".height", std::to_string(height_));
  writer.meta(prefix + ".unit_length", std::to_string(int{unit_length_}));
}

std::unique_ptr<ContentEncoder> ImageEncoder::load(const TensorReader& reader, const std::string& prefix) {
  auto encoder = std::make_unique<ImageEncoder>();
  if (!reader.has_meta(prefix + ".features")) {  // a net as `akin encoder import` wrote it
    Config net;
    net.features = "net";
    encoder->set(net);
    encoder->set_net(nets::ImageNet::load(reader, prefix), "", "average");
    encoder->fields_ = {std::string(kPictureAttribute)};
    return encoder;
  }
  encoder->fields_ = read_texts(reader, prefix + ".fields");
  if (encoder->fields_.empty()) reader.inconsistent("its encoder looks at no field");
  Config config;
  config.features = reader.meta(prefix + ".features");
  config.fit = reader.meta(prefix + ".fit");
  config.width = static_cast<int>(reader.meta_int(prefix + ".width", 0, kMostPixels));
  config.height = static_cast<int>(reader.meta_int(prefix + ".height", 0, kMostPixels));
  try {
    encoder->set(config);
    if (encoder->features_ == Features::kNet) {
      encoder->precision_name_ = reader.meta(prefix + ".precision");
      encoder->set_net(
          nets::ImageNet::load(reader, prefix + ".net", nets::parse_net_precision(encoder->precision_name_)),
          reader.meta(prefix + ".layer"), reader.meta(prefix + ".pooling"));
    }
  } catch (const Error& error) {
    reader.inconsistent(error.what());
  }
  encoder->unit_length_ = reader.meta_int(prefix + ".unit_length", 0, 1) == 1;
  return read_steps(std::move(encoder), reader, prefix);
}

}  // namespace akin
