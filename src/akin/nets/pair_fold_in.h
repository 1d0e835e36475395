// Users that a net of pairs does not know, from their history.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/nets/net_predictor.h"

namespace akin::nets {

/// A net of pairs whose tables of users have one row each, while all its other weights stay: for each question the rows
/// begin at the mean of all users and go ten steps of Adam down the net's own loss over the history, each by a tenth of
/// the known users' standard deviation: near other users, whatever the history says. Safe from many threads, of which
/// one computes at a time. Cost of a user: ten ways through the net for the history, there and back.
class PairFoldIn {
 public:
  /// `inputs` as for PairNetModel. Rows of the users stand in the tables behind row 0.
  PairFoldIn(const NetPredictor& net, std::span<const std::uint8_t> inputs,
             std::span<const std::uint8_t> known_users, nn::Loss loss);
  ~PairFoldIn();
  /// Whether all that reads users are learned tables.
  bool possible() const { return !tables_.empty(); }

  /// The net's output for each of `asked`, of a user with these items and targets.
  std::vector<float> scores(std::span<const idx_t> items, std::span<const float> targets,
                            std::span<const idx_t> asked) const;

 private:
  std::vector<nn::Array> inputs_for(std::span<const idx_t> items) const;

  nn::NetSpec spec_;
  std::vector<std::uint8_t> inputs_;
  nn::Loss loss_;
  std::vector<nn::NamedArray> weights_;
  std::vector<nn::NamedArray> tables_;  // of the users: the mean
  double spread_ = 0;                   // of the known users' rows about it
  mutable std::mutex mutex_;
  mutable std::unique_ptr<nn::Net> net_;
};

}  // namespace akin::nets
