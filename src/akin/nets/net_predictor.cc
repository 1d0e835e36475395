#include "akin/nets/net_predictor.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"

namespace akin::nets {

NetPredictor::NetPredictor(nn::NetSpec spec, std::vector<nn::NamedArray> weights)
    : spec_(std::move(spec)), weights_(std::move(weights)) {}

NetPredictor::~NetPredictor() = default;

const nn::NamedArray& NetPredictor::weight(const std::string& name) const {
  const auto found = std::ranges::find(weights_, name, &nn::NamedArray::name);
  if (found == weights_.end()) fail(ErrorCode::kNotFound, "net {} has no weight '{}'", spec_.name(), name);
  return *found;
}

nn::Array NetPredictor::predict(const std::vector<nn::Array>& inputs, const std::string& layer) const {
  const std::lock_guard lock(mutex_);
  if (!net_) {
    auto net = std::make_unique<nn::Net>(nn::make_net(spec_));
    net->set_weights(weights_);
    net_ = std::move(net);
  }
  net_->set_threads(1);  // of all nets in the program: another one may have set them since
  return net_->predict(inputs, layer, inputs.at(0).samples());
}

void NetPredictor::save(TensorWriter& writer, const std::string& prefix) const {
  writer.meta(prefix + ".layers", nn::spec_json(spec_));
  nn::write_arrays(writer, prefix + ".weights/", weights_);
}

std::unique_ptr<NetPredictor> NetPredictor::load(const TensorReader& reader, const std::string& prefix) {
  nn::NetSpec spec = nn::parse_spec(reader.meta(prefix + ".layers"), reader.path());
  std::vector<nn::NamedArray> weights = nn::read_weights(reader, prefix + ".weights/", spec, "float");
  return std::make_unique<NetPredictor>(std::move(spec), std::move(weights));
}

}  // namespace akin::nets
