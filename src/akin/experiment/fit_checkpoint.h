// The state of a fit, in a file.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/experiment/fit_history.h"
#include "akin/models/fit/observer.h"

namespace akin {

/// A copy of a FitState's numbers.
class StateCopy {
 public:
  bool empty() const { return tensors_.empty(); }
  /// Collective. Of rows that ranks divide, each has a part in their order afterwards.
  void take(const FitState& state, const Communicator& ranks = alone());
  /// `state` must have the shape of the one taken from.
  void put(FitState& state) const;
  /// Collective. Stores what was taken as tensors PREFIX.name; it must outlive the writer.
  void write(TensorWriter& writer, const std::string& prefix, const Communicator& ranks = alone()) const;
  /// Reads what write() stored, with the shape of `shape`; of rows that ranks divide, this rank's. Throws
  /// Error(kBadData) if the file holds another.
  void read(const TensorReader& reader, const std::string& prefix, const FitState& shape);

 private:
  struct Tensor {
    std::string name;
    std::size_t rows;
    std::size_t cols;
    std::vector<float> values;
    std::vector<std::size_t> shape = {};  // of all ranks' rows, where they divide them
  };
  std::vector<Tensor> tensors_;
};

/// A file of kind "checkpoint": what the fit is of, how far it has come, and the states of its last and its
/// best epoch.
struct FitCheckpoint {
  /// What must be the same for the fit to continue: name of the thing ("model", "parameter factors", "seed",
  /// "training events" ...) and its value.
  std::map<std::string, std::string> identity;
  int epoch = 0;
  LearningCurve curve;
  int best_epoch = 0;  ///< 0 = nothing has been evaluated
  StateCopy last;
  StateCopy best;  ///< empty if the last epoch is the best, or none is
};

/// Writes the file atomically: a kill at any moment leaves the old or the new one. Throws Error(kIo). Collective: the
/// first rank writes.
void save_checkpoint(const FitCheckpoint& checkpoint, const std::string& path,
                     const Communicator& ranks = alone());

/// Reads a checkpoint of the fit that `identity` describes; states have the shape of `shape`. Throws
/// Error(kBadData) if the file is damaged, or of another fit: the message says what differs.
FitCheckpoint load_checkpoint(const std::string& path, const std::map<std::string, std::string>& identity,
                              const FitState& shape);

}  // namespace akin
