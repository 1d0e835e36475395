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
      : name_(std::move(parts.architecture)),
        library_(find_architecture(name_).libraries[parts.library]),
        classes_(parts.classes),
        net_(find_architecture(name_).plan(parts.library, classes_), std::move(parts.weights),
             parts.precision == NetPrecision::kBfloat16) {
    for (std::size_t i = 0; i < plan().ops().size(); ++i) {
      const MapShape& shape = plan().shapes()[i];
      layers_.push_back({plan().ops()[i].name, shape.height, shape.width, shape.channels});
    }
  }

  const std::string& name() const override { return name_; }
  std::string summary() const override { return fmt::format("{} of {}", name_, library_.name); }
  const std::vector<NetLayer>& layers() const override { return layers_; }
  std::size_t features() const override { return static_cast<std::size_t>(plan().features); }
  std::vector<std::size_t> convolutions() const override {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (plan().ops()[i].kind == OpKind::kConv) found.push_back(i);
    }
    return found;
  }
  std::size_t classes() const override { return static_cast<std::size_t>(classes_); }
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

 private:
  struct Space final : Workspace {
    ConvNet::Workspace own;
  };
  const ConvPlan& plan() const { return net_.plan(); }

  std::string name_;
  const WeightLibrary& library_;
  int classes_;
  ConvNet net_;
  std::vector<NetLayer> layers_;
};

void ConvBody::save(TensorWriter& writer, const std::string& prefix) const {
  const json network = {{"architecture", name_},
                        {"library", library_.name},
                        {"classes", classes_},
                        {"parameters", parameters()}};
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

}  // namespace

std::shared_ptr<const ImageBody> make_conv_body(ImageNetParts parts) {
  return std::make_shared<ConvBody>(std::move(parts));
}

std::shared_ptr<const ImageBody> load_conv_body(const TensorReader& reader, const std::string& prefix,
                                                const JsonFields& network, NetPrecision precision) {
  ImageNetParts parts;
  parts.architecture = network.text("architecture");
  const auto all = architectures();
  const auto known = std::ranges::find(all, parts.architecture, &Architecture::name);
  if (known == all.end())
    reader.inconsistent(
        fmt::format("its net '{}' is unknown to this version of akin", printable(parts.architecture)));
  const std::string library = network.text("library");
  while (parts.library < known->libraries.size() && known->libraries[parts.library].name != library)
    ++parts.library;
  if (parts.library == known->libraries.size())
    reader.inconsistent("its library is unknown to this version of akin");
  parts.classes = static_cast<int>(network.whole("classes", 0, kMostClasses));
  parts.precision = precision;
  const ConvPlan plan = known->plan(parts.library, parts.classes);
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
