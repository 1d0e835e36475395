// What one evaluation ranks: the lists, what is held out of each, what it has to beat.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "akin/eval/candidates.h"
#include "akin/eval/evaluate.h"
#include "akin/eval/history.h"
#include "akin/eval/list_scorer.h"

namespace akin {

/// The items in the order they are scored: longest vectors first. Since u . i <= |u| |i|, a user whose list
/// is full of better scores needs none of the items after some length (Teflioudi, Gemulla & Mykytiuk, "LEMP",
/// SIGMOD 2015): the list is exact, and most of the product need not be computed.
struct ItemOrder {
  /// By the lengths of `vectors`; in the order of the index, without a copy, if there are none or `sorted` is
  /// not wanted.
  enum class By { kIndex, kLength };
  ItemOrder(const Matrix& vectors, std::size_t n_items, By by);

  std::vector<idx_t> items;
  Matrix vectors;              ///< in this order; empty if that of the index
  std::vector<float> lengths;  ///< descending, rounded up; empty if not sorted
};

/// A list to rank, with a slice of RankingTask::held_out.
struct RankedList {
  idx_t user = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::span<const Event> before = {};  ///< held-out events that are history by now
  std::int64_t now = kNoTime;          ///< time of the first held-out event
};

/// What is to be ranked, fixed before the threads start.
struct RankingTask {
  const Model& model;
  const Traits& traits;
  const TrainingData& data;
  const Histories& histories;
  const EvaluateOptions& options;
  const std::vector<float>& popularity;  // training events per item
  const CandidateSampler& sampler;
  const Audiences& audiences;
  const ItemOrder& order;
  std::vector<RankedList> lists = {};
  std::vector<idx_t> held_out = {};  // ascending and without repeats within a list

  /// Of the candidates that hold items without training events: which items the model has a place for
  /// (placed_items()). The others stand below all, equal. Empty = every score counts as it is.
  std::vector<char> placed = {};
  /// The score of an item, where `placed` is not empty: those without a place, and those scored -infinity, are last.
  float placed_score(std::size_t item, float score) const {
    constexpr float kLast = std::numeric_limits<float>::lowest();
    return placed[item] ? std::max(score, kLast) : kLast;
  }

  /// How many items of the catalogue may be ranked, the first ones.
  std::size_t n_items() const { return popularity.size(); }
  std::span<const idx_t> held_out_of(const RankedList& list) const {
    return std::span(held_out).subspan(list.begin, list.end - list.begin);
  }
  /// The negatives that came with the files for this user, if they are to be used.
  std::span<const idx_t> given_candidates_of(idx_t user) const {
    const Csr& given = data.source.candidates;
    const bool wanted = options.candidates.kind == CandidateSpec::Kind::kDefault;
    return wanted && user < given.rows() ? given.cols_of(user) : std::span<const idx_t>();
  }
};

/// Fills task.lists and task.held_out, and counts what is left out.
void collect_held_out(std::span<const std::span<const Event>> test_users, RankingTask& task,
                      Evaluation& result);

/// One line: what is ranked against what.
std::string protocol_of(const RankingTask& task);

}  // namespace akin
