// The transformer of BERT: vectors of the tokens of texts.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "akin/linalg/matrix.h"
#include "akin/text/bert/layers.h"

namespace akin::bert {

/// Sizes of a network.
struct NetworkConfig {
  std::size_t layers = 0, hidden = 0, heads = 0, inner = 0;
  std::size_t tokens = 0;     ///< of the vocabulary
  std::size_t positions = 0;  ///< rows of position vectors
  std::size_t types = 0;      ///< rows of segment vectors, of which the first is used; 0 = none
  double epsilon = 1e-12;
  /// The row of the first token's position. Where it is not 0, as in RoBERTa, the token with the id one below is
  /// padding, which has the row of its id and is not counted.
  std::size_t first_position = 0;
  std::size_t longest() const { return positions - first_position; }  ///< tokens of a text
};

/// A tensor that a network has, named as in the library transformers; a vector is one row.
struct TensorShape {
  std::string name;
  std::size_t rows, cols;
};
/// All of them, always in the same order.
std::vector<TensorShape> tensor_shapes(const NetworkConfig& config);

/// Devlin et al., "BERT: pre-training of deep bidirectional transformers" (2019), the encoder: immutable; const calls
/// are safe from many threads. Vectors of a text do not depend on the texts beside it, to the last bit. Cost: 2 flops
/// for each weight of a layer and token, and 4 `hidden` for each pair of tokens of a text and layer.
class Network {
 public:
  /// `tensors` as tensor_shapes() says.
  Network(const NetworkConfig& config, std::vector<Matrix> tensors, Precision precision);
  ~Network();
  Network(Network&&) noexcept;

  const NetworkConfig& config() const { return config_; }
  const std::vector<Matrix>& tensors() const { return tensors_; }
  Precision precision() const { return precision_; }

  /// Memory of one thread, reused from call to call.
  class Workspace {
   public:
    Workspace();
    ~Workspace();
    Workspace(Workspace&&) noexcept;

   private:
    friend class Network;
    struct State;
    std::unique_ptr<State> state_;
  };
  /// Vectors of all tokens of the texts, one text behind the other; valid until the workspace is used again. Each text
  /// has from 1 to longest() ids below `tokens`.
  Rows<const float> run(std::span<const std::span<const std::uint32_t>> texts, Workspace& workspace) const;

 private:
  struct Prepared;
  const Prepared& prepared() const;
  const float* vector(std::size_t tensor) const { return tensors_[tensor].row(0); }
  void embed(std::span<const std::span<const std::uint32_t>> texts, Workspace::State& work) const;

  NetworkConfig config_;
  std::vector<Matrix> tensors_;
  Precision precision_;
  struct Lazy;
  std::unique_ptr<Lazy> lazy_;
};

}  // namespace akin::bert
