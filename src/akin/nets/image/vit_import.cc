#include "akin/nets/image/vit_import.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "akin/base/error.h"
#include "akin/base/files.h"
#include "akin/base/json_text.h"
#include "akin/base/other_floats.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"
#include "akin/nets/image/vit_net.h"
#include "akin/text/bert/model_folder.h"

namespace akin::nets {
namespace {

using nlohmann::json;

constexpr const char* kPictures = "preprocessor_config.json";

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  fail(ErrorCode::kBadData, "{}: {}; akin computes the vision transformers of CLIP, SigLIP and DINOv2", where,
       what);
}

/// Fields of which files leave out those that have the default of transformers.
class Settings {
 public:
  Settings(const json& object, const std::string& where) : fields_(object, where) {}
  const std::string& where() const { return fields_.where(); }
  bool has(const std::string& name) const { return fields_.has(name) && !fields_.field(name).is_null(); }
  std::size_t whole(const std::string& name, std::size_t otherwise, std::int64_t most) const {
    return has(name) ? static_cast<std::size_t>(fields_.whole(name, 1, most)) : otherwise;
  }
  double number(const std::string& name, double otherwise) const {
    return has(name) ? fields_.number(name) : otherwise;
  }
  bool flag(const std::string& name, bool otherwise) const {
    return has(name) ? fields_.flag(name) : otherwise;
  }
  std::string text(const std::string& name, const std::string& otherwise) const {
    return has(name) ? fields_.text(name) : otherwise;
  }
  const json& field(const std::string& name) const { return fields_.field(name); }

 private:
  JsonFields fields_;
};

/// What config.json says.
struct Described {
  VitConfig config;
  bool biases = true;  ///< of queries, keys and values
};

VitActivation parse_activation(const std::string& text, const std::string& where) {
  if (text == "gelu") return VitActivation::kGelu;
  if (text == "gelu_pytorch_tanh" || text == "gelu_new") return VitActivation::kTanhGelu;
  if (text == "quick_gelu") return VitActivation::kQuickGelu;
  refuse(where, fmt::format("hidden_act is {}", text));
}

Described describe(VitKind kind, const Settings& vision) {
  const bool clip = kind == VitKind::kClip, dino = kind == VitKind::kDinov2;
  Described described;
  VitConfig& config = described.config;
  config.kind = kind;
  config.blocks = vision.whole("num_hidden_layers", 12, kMostVitBlocks);
  config.hidden = vision.whole("hidden_size", 768, kMostVitHidden);
  config.heads = vision.whole("num_attention_heads", 12, kMostVitHidden);
  config.patch = vision.whole("patch_size", clip ? 32 : dino ? 14 : 16, kMostVitSide);
  const std::size_t trained = vision.whole("image_size", 224, kMostVitSide);
  config.grid = trained / config.patch;
  config.epsilon = vision.number("layer_norm_eps", clip ? 1e-5 : 1e-6);
  config.activation = parse_activation(vision.text("hidden_act", clip   ? "quick_gelu"
                                                                 : dino ? "gelu"
                                                                        : "gelu_pytorch_tanh"),
                                       vision.where());
  if (dino) {
    const double ratio = vision.number("mlp_ratio", 4), inner = ratio * static_cast<double>(config.hidden);
    if (!(inner >= 1 && inner <= static_cast<double>(kMostVitInner)))
      refuse(vision.where(), fmt::format("mlp_ratio is {}", ratio));
    config.inner = static_cast<std::size_t>(inner);
    if (vision.flag("use_swiglu_ffn", false)) {
      config.activation = VitActivation::kSwiGlu;
      config.inner = (static_cast<std::size_t>(static_cast<double>(config.inner) * 2 / 3) + 7) / 8 * 8;
    }
    described.biases = vision.flag("qkv_bias", true);
  } else {
    config.inner = vision.whole("intermediate_size", 3072, kMostVitInner);
  }
  if (vision.whole("num_channels", 3, 1 << 10) != 3) refuse(vision.where(), "num_channels is not 3");
  if (config.grid == 0) refuse(vision.where(), "the patch is larger than the picture");
  if (config.grid > kMostVitGrid)
    refuse(vision.where(), fmt::format("there are {} patches on a side, over {}", config.grid, kMostVitGrid));
  if (config.hidden % config.heads != 0)
    refuse(vision.where(), fmt::format("{} heads do not divide a size of {}", config.heads, config.hidden));
  if (!(config.epsilon >= 0 && config.epsilon <= 1))
    refuse(vision.where(), "layer_norm_eps is not from 0 to 1");
  return described;
}

/// The tensors of the tower of pictures: each is taken once.
class Tower {
 public:
  explicit Tower(const std::string& path)
      : reader_(path, TensorReader::Access::kMap), header_(read_safetensors_header(path)) {
    for (const std::string& name : reader_.names()) {
      std::string_view own = name;
      for (const std::string_view prefix : {"vision_model.", "dinov2."}) {
        if (own.starts_with(prefix)) own.remove_prefix(prefix.size());
      }
      names_.emplace(own, name);
    }
  }
  bool has(const std::string& name) const { return names_.contains(name); }
  std::size_t taken_numbers() const { return numbers_; }

  /// (rows, cols) of a tensor of this shape.
  Matrix take(const std::string& name, std::vector<std::size_t> shape, std::size_t rows, std::size_t cols) {
    const auto found = names_.find(name);
    if (found == names_.end()) reader_.inconsistent(fmt::format("it has no tensor {}", name));
    const std::string& stored = found->second;
    if (reader_.shape(stored) != shape) {
      reader_.inconsistent(fmt::format("its tensor {} has the shape ({}), and config.json says ({})", stored,
                                       fmt::join(reader_.shape(stored), ", "), fmt::join(shape, ", ")));
    }
    const std::vector<float> values = read_floats(reader_, stored, header_.tensors.at(stored).dtype);
    numbers_ += values.size();
    taken_.insert(name);
    Matrix matrix(rows, cols);
    for (std::size_t r = 0; r < rows; ++r) std::copy_n(values.data() + r * cols, cols, matrix.row(r));
    return matrix;
  }
  Matrix vector(const std::string& name, std::size_t size) { return take(name, {size}, 1, size); }
  Matrix dense(const std::string& name, std::size_t out, std::size_t in) {
    return take(name, {out, in}, out, in);
  }

  /// Throws where one is left that some output depends on.
  void expect_empty() const {
    for (const auto& [name, stored] : names_) {
      if (taken_.contains(name) || name.ends_with("position_ids") || name.ends_with("mask_token")) continue;
      for (const char* part :
           {"embeddings.", "encoder.", "head.", "layernorm.", "post_layernorm.", "pre_layrnorm."}) {
        if (name.starts_with(part))
          reader_.inconsistent(fmt::format("config.json does not say what its tensor {} is", stored));
      }
    }
  }
  const TensorReader& reader() const { return reader_; }

 private:
  TensorReader reader_;
  SafetensorsHeader header_;
  std::map<std::string, std::string> names_;  // without prefix
  std::set<std::string> taken_;
  std::size_t numbers_ = 0;
};

/// Names in the blocks of a kind.
struct BlockNames {
  const char *block, *norm1, *norm2, *query, *key, *value, *output, *up, *down;
};
constexpr BlockNames kOfClip = {"encoder.layers.{}.", "layer_norm1",      "layer_norm2",
                                "self_attn.q_proj",   "self_attn.k_proj", "self_attn.v_proj",
                                "self_attn.out_proj", "mlp.fc1",          "mlp.fc2"};
constexpr BlockNames kOfDinov2 = {"encoder.layer.{}.",
                                  "norm1",
                                  "norm2",
                                  "attention.attention.query",
                                  "attention.attention.key",
                                  "attention.attention.value",
                                  "attention.output.dense",
                                  "mlp.fc1",
                                  "mlp.fc2"};
constexpr BlockNames kOfSwiGlu = [] {
  BlockNames names = kOfDinov2;
  names.up = "mlp.weights_in";
  names.down = "mlp.weights_out";
  return names;
}();

/// From the names and layouts of transformers to those of VitNet.
class WeightTaker {
 public:
  WeightTaker(Tower& tower, const Described& described)
      : tower_(tower), config_(described.config), biases_(described.biases) {}

  VitWeights take() {
    embeddings();
    for (std::size_t b = 0; b < config_.blocks; ++b) block(b);
    norm("norm", config_.kind == VitKind::kDinov2 ? "layernorm" : "post_layernorm");
    if (config_.kind == VitKind::kSiglip) head();
    if (config_.projection > 0)
      weights_["projection.weight"] =
          tower_.dense("visual_projection.weight", config_.projection, config_.hidden);
    return std::move(weights_);
  }

 private:
  void embeddings() {
    const std::size_t h = config_.hidden, patch = config_.patch, places = config_.grid * config_.grid;
    const bool dino = config_.kind == VitKind::kDinov2;
    const std::string patches =
        dino ? "embeddings.patch_embeddings.projection" : "embeddings.patch_embedding";
    weights_["patches.weight"] = tower_.take(patches + ".weight", {h, 3, patch, patch}, h, 3 * patch * patch);
    weights_["patches.bias"] =
        config_.kind == VitKind::kClip ? Matrix(1, h) : tower_.vector(patches + ".bias", h);
    const std::size_t first = config_.class_tokens(), all = first + places;
    const Matrix positions = dino ? tower_.take("embeddings.position_embeddings", {1, all, h}, all, h)
                                  : tower_.dense("embeddings.position_embedding.weight", all, h);
    weights_["positions"] = positions.slice(first, places);
    if (first > 0) {
      Matrix token = dino ? tower_.take("embeddings.cls_token", {1, 1, h}, 1, h)
                          : tower_.vector("embeddings.class_embedding", h);
      for (std::size_t c = 0; c < h; ++c) token[0][c] += positions[0][c];
      weights_["class"] = std::move(token);
    }
    if (config_.kind == VitKind::kClip) norm("before", "pre_layrnorm");
  }

  void norm(const std::string& own, const std::string& name) {
    weights_[own + ".gain"] = tower_.vector(name + ".weight", config_.hidden);
    weights_[own + ".shift"] = tower_.vector(name + ".bias", config_.hidden);
  }

  void dense(const std::string& own, const std::string& name, std::size_t out, std::size_t in) {
    weights_[own + ".weight"] = tower_.dense(name + ".weight", out, in);
    weights_[own + ".bias"] = tower_.vector(name + ".bias", out);
  }

  /// Folds the scale of a block's output into the layer before it.
  void scale(const std::string& own, const std::string& name) {
    const Matrix factors = tower_.vector(name, config_.hidden);
    Matrix &weight = weights_[own + ".weight"], &bias = weights_[own + ".bias"];
    for (std::size_t r = 0; r < config_.hidden; ++r) {
      for (float& value : weight[r]) value *= factors[0][r];
      bias[0][r] *= factors[0][r];
    }
  }

  void block(std::size_t b) {
    const bool dino = config_.kind == VitKind::kDinov2, gated = config_.activation == VitActivation::kSwiGlu;
    const BlockNames& names = gated ? kOfSwiGlu : dino ? kOfDinov2 : kOfClip;
    const std::string name = fmt::format(fmt::runtime(names.block), b), own = fmt::format("block{}", b + 1);
    const std::size_t h = config_.hidden;
    norm(own + ".norm1", name + names.norm1);
    std::vector<Matrix> parts;  // before memory is taken for all that config.json claims
    for (const char* part : {names.query, names.key, names.value})
      parts.push_back(tower_.dense(name + part + ".weight", h, h));
    Matrix all(3 * h, h), bias(1, 3 * h);
    std::size_t row = 0;
    for (const Matrix& part : parts) {
      for (std::size_t r = 0; r < h; ++r, ++row) std::ranges::copy(part[r], all[row].begin());
    }
    float* shift = bias.row(0);
    for (const char* part : {names.query, names.key, names.value}) {
      if (biases_) std::ranges::copy(tower_.vector(name + part + ".bias", h)[0], shift);
      shift += h;
    }
    weights_[own + ".attention.weight"] = std::move(all);
    weights_[own + ".attention.bias"] = std::move(bias);
    dense(own + ".output", name + names.output, h, h);
    norm(own + ".norm2", name + names.norm2);
    dense(own + ".up", name + names.up, gated ? 2 * config_.inner : config_.inner, h);
    dense(own + ".down", name + names.down, h, config_.inner);
    if (!dino) return;
    scale(own + ".output", name + "layer_scale1.lambda1");
    scale(own + ".down", name + "layer_scale2.lambda1");
  }

  void head() {
    const std::size_t h = config_.hidden;
    weights_["head.query"] = tower_.take("head.probe", {1, 1, h}, 1, h);
    weights_["head.attention.weight"] = tower_.dense("head.attention.in_proj_weight", 3 * h, h);
    weights_["head.attention.bias"] = tower_.vector("head.attention.in_proj_bias", 3 * h);
    dense("head.output", "head.attention.out_proj", h, h);
    norm("head.norm2", "head.layernorm");
    dense("head.up", "head.mlp.fc1", config_.inner, h);
    dense("head.down", "head.mlp.fc2", h, config_.inner);
  }

  Tower& tower_;
  const VitConfig& config_;
  bool biases_;
  VitWeights weights_;
};

/// A side of a square: a number, or an object with shortest_edge, or with height and width alike.
struct Side {
  int pixels = 0;
  bool shortest = false;
};
Side parse_side(const Settings& settings, const std::string& name) {
  const auto most = static_cast<std::int64_t>(kMostVitSide);
  const json& value = settings.field(name);
  if (!value.is_object()) return {static_cast<int>(settings.whole(name, 0, most)), true};
  const JsonFields fields(value, settings.where() + ": " + name);
  if (fields.has("shortest_edge")) return {static_cast<int>(fields.whole("shortest_edge", 1, most)), true};
  const std::int64_t height = fields.whole("height", 1, most);
  if (fields.whole("width", 1, most) != height) refuse(fields.where(), "height and width differ");
  return {static_cast<int>(height), false};
}

std::array<float, 3> three(const Settings& settings, const std::string& name, double factor) {
  std::array<float, 3> values{};
  const json& list = settings.field(name);
  if (!list.is_array() || list.size() != 3) refuse(settings.where(), name + " is no list of three numbers");
  for (std::size_t c = 0; c < 3; ++c) {
    const double value = list[c].is_number() ? list[c].get<double>() / factor : -1;
    if (!(value >= 0 && value <= 1e6)) refuse(settings.where(), name + " is out of range");
    values[c] = static_cast<float>(value);
  }
  return values;
}

/// What preprocessor_config.json says, for pictures of `size` pixels a side where it is above 0.
Preprocessing read_preprocessing(const json& object, const std::string& where, int size) {
  const Settings settings(object, where);
  Preprocessing how;
  SquareOptions& square = how.square;
  const Side side = settings.flag("do_resize", true) ? parse_side(settings, "size") : Side{};
  if (settings.flag("do_center_crop", settings.has("crop_size"))) {
    square.size = parse_side(settings, "crop_size").pixels;
    square.resized = side.pixels;
    if (side.pixels < square.size)
      refuse(where, fmt::format("crop_size {} is larger than size {}", square.size, side.pixels));
  } else {
    square.size = side.pixels;
    if (side.pixels == 0) refuse(where, "pictures are neither resized nor cropped");
  }
  square.fit = side.shortest ? Fit::kCrop : Fit::kStretch;
  if (square.fit == Fit::kStretch && square.resized > square.size)
    refuse(where, "a stretched picture is cropped");
  if (size != 0) {
    square.resized =
        square.resized == 0
            ? 0
            : static_cast<int>(std::lround(static_cast<double>(square.resized) * size / square.size));
    square.size = size;
  }
  const std::size_t filter = settings.whole("resample", 3, 5);  // as Pillow counts
  if (filter != 2 && filter != 3)
    refuse(where, fmt::format("resample is {}, neither 2 (bilinear) nor 3 (bicubic)", filter));
  square.filter = filter == 2 ? Filter::kBilinear : Filter::kBicubic;
  const double factor = settings.flag("do_rescale", true) ? settings.number("rescale_factor", 1.0 / 255) : 1;
  if (!(factor >= 1e-4 && factor <= 1)) refuse(where, fmt::format("rescale_factor is {}", factor));
  how.mean = {};
  how.deviation.fill(static_cast<float>(1 / factor));
  if (!settings.flag("do_normalize", true)) return how;
  how.mean = three(settings, "image_mean", factor);
  how.deviation = three(settings, "image_std", factor);
  if (std::ranges::min(how.deviation) < 1e-6F) refuse(where, "image_std is out of range");
  return how;
}

}  // namespace

bool is_vit_folder(const std::string& path) {
  std::error_code problem;
  return std::filesystem::is_directory(path, problem) && file_exists(path + "/" + kPictures);
}

ImageNet import_vit(const std::string& path, const ImageImportOptions& options) {
  bert::ModelFolder folder(path);
  const auto needed = [&](const char* name) {
    json object = folder.object(name);
    if (object.is_null())
      fail(ErrorCode::kNotFound, "{}: is not there; transformers saves it with the model", folder.path(name));
    return object;
  };
  const json object = needed("config.json"), pictures = needed(kPictures);
  const std::string where = folder.path("config.json");
  const std::string type = JsonFields(object, where).text("model_type");
  constexpr std::string_view kTower = "_vision_model";
  const bool alone = type.ends_with(kTower);
  const auto kind = parse_vit_kind(alone ? type.substr(0, type.size() - kTower.size()) : type);
  if (!kind) refuse(where, fmt::format("model_type is {}", printable(type)));
  if (!options.architecture.empty() && options.architecture != vit_kind_name(*kind))
    fail(ErrorCode::kUsage, "{}: holds {}, not {}", path, vit_kind_name(*kind), options.architecture);
  const bool nested = !alone && *kind != VitKind::kDinov2;
  const Settings whole(object, where);
  if (nested && !(whole.has("vision_config") && whole.field("vision_config").is_object()))
    refuse(where, "there is no vision_config");
  Described described = describe(*kind, Settings(nested ? whole.field("vision_config") : object,
                                                 nested ? where + ": vision_config" : where));
  VitConfig& config = described.config;

  Tower tower(folder.take_weights());
  if (tower.has("visual_projection.weight") && *kind == VitKind::kClip)
    config.projection = whole.whole("projection_dim", 512, kMostVitHidden);
  VitWeights weights = WeightTaker(tower, described).take();
  tower.expect_empty();
  config.parameters = tower.taken_numbers();
  const Preprocessing how = read_preprocessing(pictures, folder.path(kPictures), options.size);
  const auto side = static_cast<std::size_t>(how.square.size);
  if (options.size < 0 || side % config.patch != 0 || side / config.patch > kMostVitGrid ||
      side > kMostVitSide) {
    fail(
        ErrorCode::kUsage,
        "{}: pictures of {} pixels are not cut into up to {} x {} patches of {}; choose a multiple by --size",
        path, how.square.size, kMostVitGrid, kMostVitGrid, config.patch);
  }
  config.grid = side / config.patch;
  weights["positions"] = resized_positions(weights["positions"], config.grid);
  std::string manifest = folder.manifest("config.json", type, {options.origin, options.license});
  return {std::make_shared<VitNet>(config, std::move(weights), bert::Precision::kFloat32), how,
          std::move(manifest)};
}

}  // namespace akin::nets
