// Stands for the library of nets, so that their files can be tried without torch: the same functions as
// nn/engine_library.cc, whose place it takes in the link, with an engine that keeps arrays and computes zeros.
#include <algorithm>

#include "akin/base/atomic_file.h"
#include "akin/nn/engine.h"
#include "akin/nn/engine_library.h"
#include "akin/nn/keras_file.h"
#include "akin/nn/net.h"

namespace akin::nn {
namespace {

class KeepingEngine : public Engine {
 public:
  KeepingEngine(const NetSpec& spec, const EngineOptions& options) : spec_(spec) {
    for (std::size_t layer = 0; layer < spec.layers().size(); ++layer) {
      for (const WeightSpec& own : spec.shape(layer).weights) {
        const auto size = static_cast<std::size_t>(count_of(own.shape));
        NamedArray weight{spec.layers()[layer].name + "/" + own.name, own.shape};
        if (options.dtype == "double")
          weight.values = std::vector<double>(size);
        else
          weight.values = std::vector<float>(size);
        weights_.push_back(std::move(weight));
      }
    }
  }
  void compile(const CompileOptions& options) override { metrics_ = options.metrics.size(); }
  void set_threads(int) override {}
  void finish_epoch() override {}
  BatchResult train(const Batch&, std::uint64_t, std::uint64_t) override { return zeros(); }
  PartGradient part_gradient(const Batch&, double, std::uint64_t, std::uint64_t) override {
    return {zeros()};
  }
  void step_down(const PartGradient&, std::uint64_t) override {}
  bool takes_parts_at_once() const override { return false; }
  BatchResult test(const Batch&) override { return zeros(); }
  Array predict(const std::vector<Array>& inputs, std::size_t layer) override {
    Shape shape = {inputs.at(0).samples()};
    shape.insert(shape.end(), spec_.shape(layer).output.begin(), spec_.shape(layer).output.end());
    std::vector<float> values(static_cast<std::size_t>(count_of(shape)));
    return make_array(std::move(shape), std::move(values));
  }
  std::vector<NamedArray> gradients(const Batch&) override { return weights_; }
  std::vector<StepGradientNorms> step_gradient_norms(const Batch&) override { return {}; }
  std::vector<NamedArray> weights() const override { return weights_; }
  void set_weights(const std::vector<NamedArray>& weights) override {
    for (NamedArray& own : weights_) {
      const auto found = std::ranges::find(weights, own.name, &NamedArray::name);
      if (found != weights.end()) own = *found;
    }
  }
  std::vector<NamedArray> optimizer_slots() const override { return {}; }
  void set_optimizer_slots(const std::vector<NamedArray>&) override {}

 private:
  BatchResult zeros() const { return {0, std::vector<double>(metrics_)}; }

  NetSpec spec_;
  std::vector<NamedArray> weights_;
  std::size_t metrics_ = 0;
};

}  // namespace

std::unique_ptr<Engine> make_engine(const NetSpec& spec, const EngineOptions& options) {
  return std::make_unique<KeepingEngine>(spec, options);
}

std::string missing_library() { return ""; }

std::vector<NamedArray> read_keras_weights(const std::string& path) {
  std::vector<NamedArray> weights;
  akin_nn_read_keras(&path, &weights);
  return weights;
}

void write_keras_weights(const std::string& path, const NetSpec& spec,
                         const std::vector<NamedArray>& weights) {
  std::string content;
  akin_nn_write_keras(&content, &spec, &weights);
  write_file(path, content);
}

}  // namespace akin::nn
