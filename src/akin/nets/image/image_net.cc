#include "akin/nets/image/image_net.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/json_text.h"
#include "akin/base/parallel.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"
#include "akin/nets/image/conv_body.h"
#include "akin/nets/image/vit_net.h"

namespace akin::nets {
namespace {

using nlohmann::json;

/// The square of a picture as the net's input.
void write_input(const Picture& picture, const Preprocessing& how, const MapView& input) {
  if (picture.empty()) fail(ErrorCode::kUsage, "a picture is empty; leave it out");
  const bool fits = picture.width == how.square.size && picture.height == how.square.size;
  const Picture resized = fits ? Picture() : square(picture, how.square);
  const Picture& pixels = fits ? picture : resized;
  std::array<std::array<float, 256>, 3> values;  // of each byte
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t b = 0; b < 256; ++b)
      values[c][b] = (static_cast<float>(b) - how.mean[c]) / how.deviation[c];
  }
  const std::size_t red = how.bgr ? 2 : 0;
  for (int y = 0; y < pixels.height; ++y) {
    for (int x = 0; x < pixels.width; ++x) {
      const std::uint8_t* const from = pixels.at(x, y);
      float* const to = input.at(y, x);
      to[red] = values[0][from[0]];
      to[1] = values[1][from[1]];
      to[2 - red] = values[2][from[2]];
    }
  }
}

void pool_into(const MapView& map, Pooling pooling, float* out, std::size_t stride) {
  const auto channels = static_cast<std::size_t>(map.shape.channels);
  const std::size_t places = map.shape.size() / channels;
  for (std::size_t p = 0; p < places; ++p) {
    const auto width = static_cast<std::size_t>(map.shape.width);
    const float* const from = map.at(static_cast<int>(p / width), static_cast<int>(p % width));
    if (pooling == Pooling::kNone) {
      std::copy_n(from, channels, out + p * stride);
    } else if (pooling == Pooling::kFlatten) {
      std::copy_n(from, channels, out + p * channels);
    } else {
      for (std::size_t c = 0; c < channels; ++c) {
        if (p == 0)
          out[c] = from[c];
        else
          out[c] = pooling == Pooling::kMax ? std::max(out[c], from[c]) : out[c] + from[c];
      }
    }
  }
  const float share = 1 / static_cast<float>(places);
  for (std::size_t c = 0; pooling == Pooling::kAverage && c < channels; ++c) out[c] *= share;
}

json preprocessing_json(const Preprocessing& how) {
  const SquareOptions& square = how.square;
  return {{"size", square.size},
          {"fit", square.fit == Fit::kCrop  ? "crop"
                  : square.fit == Fit::kPad ? "pad"
                                            : "stretch"},
          {"filter", square.filter == Filter::kBicubic ? "bicubic" : "bilinear"},
          {"resized", square.resized},
          {"channels", how.bgr ? "bgr" : "rgb"},
          {"mean", how.mean},
          {"deviation", how.deviation}};
}

Preprocessing parse_preprocessing(const json& object, const TensorReader& reader, int size) {
  const JsonFields fields(object, reader.path());
  Preprocessing how;
  how.square.size = static_cast<int>(fields.whole("size", size, size));
  how.square.fit = parse_fit(fields.text("fit"));
  how.square.filter = fields.text("filter") == "bicubic" ? Filter::kBicubic : Filter::kBilinear;
  how.square.resized = static_cast<int>(fields.whole("resized", 0, 1 << 14));
  if (how.square.resized > 0 && how.square.resized < size)
    reader.inconsistent("its pictures are cut larger than they are");
  how.bgr = fields.text("channels") == "bgr";
  for (const auto& [name, values] : {std::pair("mean", &how.mean), std::pair("deviation", &how.deviation)}) {
    const json& list = fields.field(name);
    if (!list.is_array() || list.size() != 3)
      reader.inconsistent(fmt::format("its {} is no list of three numbers", name));
    for (std::size_t c = 0; c < 3; ++c) {
      const float value = list[c].is_number() ? list[c].get<float>() : 0;
      if (!(std::abs(value) <= 1e6F) || (values == &how.deviation && !(value >= 1e-6F)))
        reader.inconsistent(fmt::format("its {} is out of range", name));
      (*values)[c] = value;
    }
  }
  return how;
}

}  // namespace

Pooling parse_pooling(std::string_view text) {
  if (text == "average") return Pooling::kAverage;
  if (text == "max") return Pooling::kMax;
  if (text == "flatten") return Pooling::kFlatten;
  if (text == "none") return Pooling::kNone;
  fail(ErrorCode::kUsage, "'{}' is no pooling; there are: average, max, flatten, none", text);
}

NetPrecision parse_net_precision(std::string_view text) {
  if (text == "float32") return NetPrecision::kFloat32;
  if (text == "bf16") return NetPrecision::kBfloat16;
  fail(ErrorCode::kUsage, "'{}' is no precision; there are: float32, bf16", text);
}

struct ImageNet::State {
  std::shared_ptr<const ImageBody> body;
  Preprocessing preprocessing;
  std::string manifest;
};

ImageNet::ImageNet(std::shared_ptr<const ImageBody> body, const Preprocessing& preprocessing,
                   std::string manifest)
    : state_(std::make_shared<State>(State{std::move(body), preprocessing, std::move(manifest)})) {
  AKIN_ASSERT(layers()[0].width == input_size());
}

ImageNet::ImageNet(ImageNetParts parts) {
  auto state = std::make_shared<State>();
  state->preprocessing = parts.preprocessing;
  state->manifest = std::move(parts.manifest);
  state->body = make_conv_body(std::move(parts));
  state_ = std::move(state);
}

const ImageBody& ImageNet::body() const { return *state_->body; }
ImageNetParts ImageNet::parts() const {
  ImageNetParts parts = conv_parts(body());
  parts.preprocessing = preprocessing();
  parts.manifest = manifest();
  return parts;
}
const ConvPlan& ImageNet::plan() const { return conv_plan(body()); }
const std::string& ImageNet::name() const { return body().name(); }
std::string ImageNet::summary() const {
  const std::string head = classes() == 0 ? "no head" : fmt::format("{} classes", classes());
  return fmt::format("{}, {} parameters, {}", body().summary(), parameters(), head);
}
const Preprocessing& ImageNet::preprocessing() const { return state_->preprocessing; }
const std::string& ImageNet::manifest() const { return state_->manifest; }
const std::vector<NetLayer>& ImageNet::layers() const { return body().layers(); }
std::size_t ImageNet::classes() const { return body().classes(); }
std::size_t ImageNet::batch_bytes() const { return body().workspace_bytes(); }
std::size_t ImageNet::parameters() const { return body().parameters(); }

ImageNet ImageNet::with_fit(Fit fit) const {
  ImageNet other = *this;
  auto state = std::make_shared<State>(*state_);
  state->preprocessing.square.fit = fit;
  other.state_ = std::move(state);
  return other;
}

std::size_t ImageNet::find_layer(std::string_view name) const {
  const std::vector<NetLayer>& all = layers();
  if (name.empty()) return body().features();
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i].name == name) return i;
  }
  const bool of_convs = name.starts_with("conv:");
  const std::string_view digits = of_convs ? name.substr(5) : name;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc() && end == digits.data() + digits.size() && number > 0) {
    const std::vector<std::size_t> convolutions = body().convolutions();
    if (of_convs && number <= convolutions.size()) return convolutions[number - 1];
    if (!of_convs && number < all.size()) return number;
  }
  std::vector<std::string> names;
  for (std::size_t i = 1; i < all.size(); ++i) names.push_back(all[i].name);
  fail(ErrorCode::kUsage, "{} has no layer '{}'; there are: {}", this->name(), printable(name),
       fmt::join(names, ", "));
}

std::size_t ImageNet::dim(std::size_t layer, Pooling pooling) const {
  const NetLayer& shape = layers().at(layer);
  const auto channels = static_cast<std::size_t>(shape.channels);
  return pooling == Pooling::kFlatten ? shape.places() * channels : channels;
}

Matrix ImageNet::features(std::span<const Picture> pictures, std::size_t layer, Pooling pooling,
                          const Context& context) const {
  AKIN_ASSERT(layer < layers().size());
  const std::size_t rows = pooling == Pooling::kNone ? layers()[layer].places() : 1;
  Matrix result(pictures.size() * rows, dim(layer, pooling));
  const auto threads = static_cast<std::size_t>(resolve_threads(context.threads));
  std::vector<std::unique_ptr<ImageBody::Workspace>> workspaces(threads);
  const std::size_t at_once =
      std::clamp<std::size_t>(pictures.size() / threads / 2, 1, body().most_pictures());
  parallel_for(
      pictures.size(), context.threads,
      [&](std::size_t begin, std::size_t end, int worker) {
        context.check_stop();
        auto& workspace = workspaces[static_cast<std::size_t>(worker)];
        if (workspace == nullptr) workspace = body().workspace();
        body().run(
            end - begin, layer, *workspace,
            [&](std::size_t i, const MapView& input) {
              write_input(pictures[begin + i], preprocessing(), input);
            },
            [&](std::size_t i, const MapView& output) {
              pool_into(output, pooling, result.row((begin + i) * rows), result.stride());
            });
      },
      at_once);
  if (!all_finite(result))
    fail(ErrorCode::kBadData, "the numbers of {} are too large: its outputs are not finite", name());
  return result;
}

Matrix ImageNet::probabilities(std::span<const Picture> pictures, const Context& context) const {
  if (classes() == 0)
    fail(ErrorCode::kUsage, "{} has no head: its file holds the layers of features alone", name());
  return features(pictures, layers().size() - 1, Pooling::kFlatten, context);
}

void ImageNet::save(TensorWriter& writer, const std::string& prefix) const {
  body().save(writer, prefix);
  writer.meta(prefix + ".settings", preprocessing_json(preprocessing()).dump());
  writer.meta(prefix + ".manifest", manifest());
}

ImageNet ImageNet::load(const TensorReader& reader, const std::string& prefix, NetPrecision precision) {
  const auto object = [&](const char* name) {
    json value = parse_json(reader.meta(prefix + "." + name),
                            fmt::format("{}: metadata {}.{}", reader.path(), prefix, name));
    if (!value.is_object()) reader.inconsistent(fmt::format("its {} is no object", name));
    return value;
  };
  const json network = object("network"), settings = object("settings");
  const JsonFields fields(network, reader.path());
  std::shared_ptr<const ImageBody> body;
  if (parse_vit_kind(fields.text("architecture"))) {
    const bool rounded = precision == NetPrecision::kBfloat16;
    body = VitNet::load(reader, prefix, fields,
                        rounded ? bert::Precision::kBfloat16 : bert::Precision::kFloat32);
  } else {
    body = load_conv_body(reader, prefix, fields, precision);
  }
  const Preprocessing how = parse_preprocessing(settings, reader, body->layers()[0].width);
  return {std::move(body), how, object("manifest").dump()};
}

}  // namespace akin::nets
