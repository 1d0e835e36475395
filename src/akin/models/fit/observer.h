// Who watches an iterative fit: early stopping, checkpoints, resuming.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/linalg/matrix.h"
#include "akin/models/model.h"

namespace akin {

/// All that the next epoch of a fit needs beside data, parameters, seed and the number of epochs done: named
/// float tensors of the model under training, in place. It must not outlive them.
class FitState {
 public:
  struct Tensor {
    std::string name;
    float* data;
    std::size_t rows;
    std::size_t cols;
    std::size_t stride;  ///< floats from one row to the next
    /// Where ranks divide the rows, these are this rank's: the number of each among all `total` rows, each on one
    /// rank. Total 0: every rank has all.
    std::span<const idx_t> numbers = {};
    std::size_t total = 0;
    bool line = false;  ///< all rows together are one line in files
  };
  void add(std::string name, Matrix& matrix) {
    tensors_.push_back({std::move(name), matrix.data(), matrix.rows(), matrix.cols(), matrix.stride()});
  }
  /// One row; an empty vector is left out.
  void add(std::string name, std::vector<float>& vector) {
    if (vector.empty()) return;
    tensors_.push_back({std::move(name), vector.data(), 1, vector.size(), vector.size()});
  }
  /// Rows of `cols` floats, as many as there are.
  void add(std::string name, std::vector<float>& values, std::size_t cols) {
    tensors_.push_back({std::move(name), values.data(), values.size() / cols, cols, cols});
  }
  /// Rows that ranks divide; `numbers` must outlive the state.
  void add_divided(std::string name, Matrix& matrix, std::span<const idx_t> numbers, std::size_t total) {
    add(std::move(name), matrix);
    tensors_.back().numbers = numbers;
    tensors_.back().total = total;
  }
  /// The same of one number a row.
  void add_divided(std::string name, std::vector<float>& values, std::span<const idx_t> numbers,
                   std::size_t total) {
    tensors_.push_back({std::move(name), values.data(), values.size(), 1, 1, numbers, total, true});
  }
  const std::vector<Tensor>& tensors() const { return tensors_; }

 private:
  std::vector<Tensor> tensors_;
};

/// Makes the model that the state stands for now. Does not change the state.
using Snapshot = std::function<std::unique_ptr<Model>()>;

/// FitContext::observer. A fit that goes in epochs calls begin() once, after_epoch() after each epoch, then
/// end(); all from the thread that called fit(). A fit without epochs never calls it.
class FitObserver {
 public:
  virtual ~FitObserver() = default;
  /// `epochs` are planned, and `state` is the initial one. May put the state of a later epoch in its place and
  /// returns how many epochs that has behind it; `epochs` or more = run none.
  virtual int begin(FitState& state, int epochs) = 0;
  /// `done` epochs lie behind the state. False = enough.
  virtual bool after_epoch(int done, double loss, const FitState& state, const Snapshot& snapshot) = 0;
  /// The fit is over; may put another epoch's state in place, from which the model will be made.
  virtual void end(FitState& state) = 0;
  /// The fit was cancelled; the state may be that of a half-done epoch.
  virtual void cancelled() {}
};

}  // namespace akin
