// A trained net that is asked by many threads.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "akin/nn/net.h"

namespace akin {
class TensorReader;
class TensorWriter;
}  // namespace akin

namespace akin::nets {

/// A net whose weights stay as they are. Safe from many threads, of which one computes at a time. The library that computes
/// is loaded with the first question, so that a file can be opened without it.
class NetPredictor {
 public:
  NetPredictor(nn::NetSpec spec, std::vector<nn::NamedArray> weights);
  ~NetPredictor();

  const nn::NetSpec& spec() const { return spec_; }
  const std::vector<nn::NamedArray>& weights() const { return weights_; }
  /// Throws Error(kNotFound).
  const nn::NamedArray& weight(const std::string& name) const;
  /// The values of a layer, a row a sample; on one thread.
  nn::Array predict(const std::vector<nn::Array>& inputs, const std::string& layer = "") const;

  /// Stores layers and weights under names that begin with `prefix` and a dot. It outlives the writer.
  void save(TensorWriter& writer, const std::string& prefix) const;
  /// Throws Error(kBadData).
  static std::unique_ptr<NetPredictor> load(const TensorReader& reader, const std::string& prefix);

 private:
  nn::NetSpec spec_;
  std::vector<nn::NamedArray> weights_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<nn::Net> net_;  // made by the first question
};

}  // namespace akin::nets
