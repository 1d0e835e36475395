// One side of a recurrent recommender network: from the ratings that a user gave, or an item got, step by step, to states.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"
#include "akin/nets/sequence/item_gradients.h"
#include "akin/nets/sequence/recurrent_pass.h"

namespace akin {

/// Wu, Ahmed, Beutel, Smola & Jing, "Recurrent recommender networks" (WSDM 2017), section 3. At each step t in which there are
/// ratings, with x_t their vector (others), 1_new = 1 at the first of them, and tau the time,
///
///   y_t = W [x_t, 1_new, tau_t, tau_(t-1)];  h_t = LSTM(h_(t-1), y_t);  state_t = A h_t + a
///
/// The entries of x_t are (rating - mean) / deviation over the root of their number, so that neither the scale of the
/// ratings nor a busy day matters. A is zero at first, a is not, so that a net that has learned nothing says the same at all
/// times. Sides with the same `factors` meet in the dot product of their states.
struct RrnNet {
  enum Tensor : std::size_t {
    kTimes,        ///< (3, units): the columns of W for 1_new, tau_t, tau_(t-1)
    kInput,        ///< (units, 4 padded(units)), and so on: RecurrentWeights
    kRecurrent,    ///< (units, 4 padded(units))
    kBias,         ///< (1, 4 padded(units))
    kProject,      ///< (units, factors): A
    kProjectBias,  ///< (1, factors): a
    kTensors
  };
  Matrix others;                ///< (others, units): the columns of W for x_t, a row for each
  std::vector<Matrix> tensors;  ///< in the order of Tensor

  std::size_t units() const { return others.cols(); }
  std::size_t factors() const { return tensors[kProject].cols(); }
  RrnNet clone() const;
};
/// The shapes of the tensors.
std::vector<Matrix> rrn_zeros(std::size_t units, std::size_t factors);
/// Gates uniform in +-sqrt(6 / (2 units)) (Glorot & Bengio 2010), W and a normal with deviation 0.1, forget gates' biases 1.
RrnNet random_rrn_net(std::size_t others, std::size_t units, std::size_t factors, std::uint64_t seed);

/// Ratings of some users (or items), one after the other.
struct RrnChunk {
  std::vector<std::size_t> offsets = {0};   ///< of the steps of each
  std::vector<std::size_t> entries = {0};   ///< of the ratings of each step
  std::vector<idx_t> others;                ///< of each rating
  std::vector<float> values;                ///< the same: (rating - mean) / deviation
  std::vector<std::array<float, 3>> times;  ///< of each step: 1_new, tau_t, tau_(t-1)

  std::size_t size() const { return offsets.size() - 1; }
  std::size_t steps() const { return offsets.back(); }
  /// Where the states of sequence s begin: the one before all ratings, then that after each step.
  std::size_t first_state(std::size_t s) const { return offsets[s] + s; }
  std::size_t states() const { return steps() + size(); }
  void clear();
};

/// Holds what backward() needs of forward(). Not for two threads at once.
class RrnPass {
 public:
  explicit RrnPass(const RrnNet& net) : pass_(RecurrentCell::kLstm, net.units()) {}
  /// A row of `factors` for each of chunk.states(), valid until the next call. The chunk must live until backward().
  attention::Rows forward(const RrnNet& net, const RrnChunk& chunk);
  /// Adds the gradients of the tensors and of the rows of `others`, given that of each state.
  void backward(const RrnNet& net, const std::vector<Matrix>& transposed, attention::Rows states,
                std::vector<Matrix>& gradients, attention::ItemGradients& others);

 private:
  const RrnChunk* chunk_ = nullptr;
  RecurrentPass pass_;
  attention::Rows hidden_{nullptr, 0};
  Matrix x_, dx_, states_, slopes_, hidden_slopes_;
};

/// The transposes of those tensors that gradients pass through; the others stay empty.
void transpose_rrn(const RrnNet& net, std::vector<Matrix>& transposed);

}  // namespace akin
