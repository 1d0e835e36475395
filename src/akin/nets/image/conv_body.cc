#include "akin/nets/image/conv_body.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"
#include "akin/nets/image/architectures.h"

namespace akin::nets {
namespace {

using nlohmann::json;

constexpr int kMostClasses = 1 << 20;

class ConvBody final : public ImageBody {
 public:
  explicit ConvBody(ImageNetParts parts)
      : net_(parts.plan(), std::move(parts.weights), parts.precision == NetPrecision::kBfloat16),
        parts_(std::move(parts)) {
    parts_.weights.clear();
    for (std::size_t i = 0; i < plan().ops().size(); ++i) {
      const MapShape& shape = plan().shapes()[i];
      layers_.push_back({plan().ops()[i].name, shape.height, shape.width, shape.channels});
    }
  }

  const std::string& name() const override { return parts_.architecture; }
  std::string summary() const override { return fmt::format("{} of {}", name(), parts_.library_of().name); }
  const std::vector<NetLayer>& layers() const override { return layers_; }
  std::size_t features() const override { return static_cast<std::size_t>(plan().features); }
  std::vector<std::size_t> convolutions() const override {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (plan().ops()[i].kind == OpKind::kConv) found.push_back(i);
    }
    return found;
  }
  std::size_t classes() const override { return static_cast<std::size_t>(parts_.classes); }
  std::size_t parameters() const override {
    std::size_t sum = 0;
    for (int i = 0; i <= plan().last(); ++i) sum += plan().parameters(i);
    return sum;
  }

  std::size_t most_pictures() const override { return ConvNet::kMostPictures; }
  std::unique_ptr<Workspace> workspace() const override { return std::make_unique<Space>(); }
  std::size_t workspace_bytes() const override { return net_.workspace_bytes(); }
  void run(std::size_t count, std::size_t last, Workspace& workspace, const Fill& fill,
           const Take& take) const override {
    net_.run(count, static_cast<int>(last), static_cast<Space&>(workspace).own, fill, take);
  }
  void save(TensorWriter& writer, const std::string& prefix) const override;

  const ConvPlan& plan() const { return net_.plan(); }
  ImageNetParts parts() const {
    ImageNetParts parts = parts_;
    parts.weights = net_.weights();
    return parts;
  }

 private:
  struct Space final : Workspace {
    ConvNet::Workspace own;
  };

  ConvNet net_;
  ImageNetParts parts_;  // but for the weights, which the net holds
  std::vector<NetLayer> layers_;
};

void ConvBody::save(TensorWriter& writer, const std::string& prefix) const {
  json network = {{"architecture", name()},
                  {"library", parts_.library_of().name},
                  {"classes", parts_.classes},
                  {"parameters", parameters()}};
  if (name() == kResidual) {
    const ResidualShape& shape = parts_.residual;
    network["residual"] = {
        {"size", shape.size}, {"width", shape.width}, {"blocks", shape.blocks}, {"stages", shape.stages}};
  }
  writer.meta(prefix + ".network", network.dump());
  for (std::size_t i = 0; i < plan().ops().size(); ++i) {
    const OpWeights& weights = net_.weights()[i];
    if (!plan().ops()[i].has_weights()) continue;
    const Panels& panels = weights.panels;
    std::vector<float> values;
    values.reserve(panels.inner() * panels.columns());
    for (std::size_t k = 0; k < panels.inner(); ++k) {
      for (std::size_t c = 0; c < panels.columns(); ++c) values.push_back(panels.at(k, c));
    }
    const std::string tensor = fmt::format("{}.{}", prefix, plan().ops()[i].name);
    writer.tensor(tensor + ".kernel", std::move(values));
    writer.tensor(tensor + ".bias", std::vector<float>(weights.bias));
  }
}

void read_residual(const JsonFields& fields, const TensorReader& reader, ResidualShape& shape) {
  const json& object = fields.field("residual");
  if (!object.is_object()) reader.inconsistent("its residual net has no shape");
  const JsonFields sizes(object, reader.path());
  shape.size = static_cast<int>(sizes.whole("size", 0, 1 << 14));
  shape.width = static_cast<int>(sizes.whole("width", 0, 1 << 14));
  shape.blocks = static_cast<int>(sizes.whole("blocks", 0, 1 << 14));
  shape.stages = static_cast<int>(sizes.whole("stages", 0, 1 << 14));
  if (!shape.valid()) reader.inconsistent("the shape of its residual net is out of range");
}

/// Finds `library` among those of the architecture.
void read_library(const std::string& library, const TensorReader& reader, ImageNetParts& parts) {
  const auto all = architectures();
  const auto known = std::ranges::find(all, parts.architecture, &Architecture::name);
  if (known == all.end())
    reader.inconsistent(
        fmt::format("its net '{}' is unknown to this version of akin", printable(parts.architecture)));
  while (parts.library < known->libraries.size() && known->libraries[parts.library].name != library)
    ++parts.library;
  if (parts.library == known->libraries.size())
    reader.inconsistent("its library is unknown to this version of akin");
}

const ConvBody& conv_of(const ImageBody& body) {
  const auto* const conv = dynamic_cast<const ConvBody*>(&body);
  if (conv == nullptr)
    fail(ErrorCode::kUsage,
         "'{}' is no convolutional net; take one of the nets that docs/images.md lists as such", body.name());
  return *conv;
}

}  // namespace

const WeightLibrary& ImageNetParts::library_of() const {
  return architecture == kResidual ? residual_library() : find_architecture(architecture).libraries[library];
}

ConvPlan ImageNetParts::plan() const {
  return architecture == kResidual ? residual_plan(residual, classes)
                                   : find_architecture(architecture).plan(library, classes);
}

ImageNetParts conv_parts(const ImageBody& body) { return conv_of(body).parts(); }
const ConvPlan& conv_plan(const ImageBody& body) { return conv_of(body).plan(); }

std::shared_ptr<const ImageBody> make_conv_body(ImageNetParts parts) {
  return std::make_shared<ConvBody>(std::move(parts));
}

std::shared_ptr<const ImageBody> load_conv_body(const TensorReader& reader, const std::string& prefix,
                                                const JsonFields& network, NetPrecision precision) {
  ImageNetParts parts;
  parts.architecture = network.text("architecture");
  if (parts.architecture == kResidual) {
    read_residual(network, reader, parts.residual);
  } else {
    read_library(network.text("library"), reader, parts);
  }
  parts.classes = static_cast<int>(network.whole("classes", 0, kMostClasses));
  parts.precision = precision;
  const ConvPlan plan = parts.plan();
  parts.weights.resize(plan.ops().size());
  for (std::size_t i = 0; i < plan.ops().size(); ++i) {
    const ConvOp& op = plan.ops()[i];
    if (!op.has_weights()) continue;
    const std::string tensor = fmt::format("{}.{}", prefix, op.name);
    // Before memory is taken for as many classes as the file claims.
    if (reader.tensor<float>(tensor + ".kernel").size() <
        plan.inner(static_cast<int>(i)) * static_cast<std::size_t>(op.channels))
      reader.inconsistent(fmt::format("its tensor {}.kernel is too short", tensor));
    parts.weights[i] = empty_weights(plan, static_cast<int>(i));
    Panels& panels = parts.weights[i].panels;
    const auto values = reader.tensor<float>(tensor + ".kernel", panels.inner() * panels.columns());
    for (std::size_t k = 0; k < values.size(); ++k)
      panels.at(k / panels.columns(), k % panels.columns()) = values[k];
    parts.weights[i].bias = reader.vector<float>(tensor + ".bias", parts.weights[i].bias.size());
  }
  return make_conv_body(std::move(parts));
}

}  // namespace akin::nets
