// From how alike two items are to each of several modules, to the chance that they go together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/linalg/matrix.h"

namespace akin::towers {

/// What a unit looks at beside the ensemble (Nedelec, Smirnova & Vasile, "Specializing joint representations for the task of product
/// recommendation", arXiv:1706.07625, 2017).
enum class UnitKind {
  kNone,      ///< nothing: the linear ensemble
  kPairwise,  ///< all similarities together
  kEmbedded,  ///< these, and the product of what both items are embedded into
};
/// "none", "pairwise", "embedded".
UnitKind parse_unit(std::string_view name);

/// With x_m the similarity of items a and b to module m (0 and s_m = 1 where it has no vector of one of them), v_a the vectors of all
/// modules side by side, and F the residual, 0 in an ensemble,
///
///   logit(a, b) = bias + sum_m (w_m (x_m + F_m) + s_m c_m),   F = relu(h A + a) O + o,   h = (x, v_a E * v_b E)
///
/// h = x in a pairwise unit. O and o begin at zero: the unit begins as the ensemble.
struct PairUnit {
  std::size_t modules = 0;
  Matrix weights;  ///< (1, 2 modules + 1): w, c, bias
  std::vector<Matrix>
      net;  ///< A (modules + embedded, hidden), a (1, hidden), O (hidden, modules), o (1, modules); or none
  Matrix embedding;  ///< E (all dimensions of the modules, embedded), or no rows

  std::size_t inputs() const { return modules + embedding.cols(); }
  /// Its arrays with their names; some may be empty.
  std::vector<std::pair<std::string, Matrix*>> arrays();
  std::vector<std::pair<std::string, const Matrix*>> arrays() const;
  PairUnit clone() const;
};
/// `dimensions` of all modules together; `width` of the hidden layer and of what items are embedded into.
PairUnit initial_unit(UnitKind kind, std::size_t modules, std::size_t dimensions, std::size_t width,
                      std::uint64_t seed);

/// What items are embedded into, v E: (n, embedded) for the first n rows of the modules' vectors, a matrix (items, factors) each. A
/// row has the same bits whatever is beside it.
void embed(const PairUnit& unit, std::span<const Matrix* const> vectors, std::size_t begin, std::size_t end,
           Matrix& out);

/// A pass of some pairs through a unit and back. Rows may be given in any blocks, with the same bits.
class UnitPass {
 public:
  void make_room(const PairUnit& unit, std::size_t pairs);
  /// h of each pair, for the caller to write.
  Matrix& inputs() { return inputs_; }
  /// s_m of pair p: silent(p)[m].
  std::uint8_t* silent(std::size_t pair) { return silent_.data() + pair * modules_; }
  /// The logits of pairs [begin, end).
  void forward(const PairUnit& unit, std::size_t begin, std::size_t end);
  float logit(std::size_t pair) const { return logits_[pair]; }
  /// After forward() of [0, end): from gradients of the logits to those of h, in input_slopes(), and of the unit but for E, which
  /// are stored.
  void backward(const PairUnit& unit, std::span<const float> slopes, PairUnit& gradients);
  const Matrix& input_slopes() const { return input_slopes_; }

 private:
  std::size_t modules_ = 0;
  Matrix inputs_, hidden_, residuals_;
  Matrix input_slopes_, hidden_slopes_, residual_slopes_, transposed_;
  std::vector<std::uint8_t> silent_;
  std::vector<float> logits_;
};

}  // namespace akin::towers
