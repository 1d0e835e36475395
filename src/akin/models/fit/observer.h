// Who watches an iterative fit: early stopping, checkpoints, resuming.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/linalg/matrix.h"
#include "akin/models/model.h"

namespace akin {

/// All that the next pass of a fit needs beside data, parameters, seed and the number of passes done: named
/// float tensors of the model under training, in place. It must not outlive them.
class FitState {
 public:
  struct Part {
    std::string name;
    float* data;
    std::size_t rows;
    std::size_t cols;
    std::size_t stride;  ///< floats from one row to the next
  };
  void add(std::string name, Matrix& matrix) {
    parts_.push_back({std::move(name), matrix.data(), matrix.rows(), matrix.cols(), matrix.stride()});
  }
  /// One row; an empty vector is left out.
  void add(std::string name, std::vector<float>& vector) {
    if (vector.empty()) return;
    parts_.push_back({std::move(name), vector.data(), 1, vector.size(), vector.size()});
  }
  const std::vector<Part>& parts() const { return parts_; }

 private:
  std::vector<Part> parts_;
};

/// Makes the model that the state stands for now. Does not change the state.
using Snapshot = std::function<std::unique_ptr<Model>()>;

/// FitContext::observer. A fit that goes in passes calls begin() once, after_pass() after each pass, then
/// end(); all from the thread that called fit(). A fit without passes never calls it.
class FitObserver {
 public:
  virtual ~FitObserver() = default;
  /// `passes` are planned, and `state` is the initial one. May put the state of a later pass in its place and
  /// returns how many passes that has behind it; `passes` or more = run none.
  virtual int begin(FitState& state, int passes) = 0;
  /// `done` passes lie behind the state. False = enough.
  virtual bool after_pass(int done, double loss, const FitState& state, const Snapshot& snapshot) = 0;
  /// The fit is over; may put another pass's state in place, from which the model will be made.
  virtual void end(FitState& state) = 0;
  /// The fit was cancelled; the state may be that of a half-done pass.
  virtual void cancelled() {}
};

}  // namespace akin
