// Scoring a model on events it has not seen.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/eval/ranking.h"
#include "akin/models/model.h"

namespace akin {

/// Mean ranking metrics at one cutoff k over the evaluated users. With R = the user's held-out items, h_j = 1
/// if the item at rank j is in R:
///   HR = 1 if any h_1..k, Recall = sum h / |R|, Precision = sum h / k,
///   NDCG = (sum h_j / log2(j + 1)) / (sum over j = 1..min(k, |R|) of 1 / log2(j + 1)),
///   MAP = (sum over j of h_j x Precision@j) / min(k, |R|), MRR = 1 / rank of the first hit within k, else 0.
/// (Järvelin & Kekäläinen 2002 for NDCG; Voorhees 1999 for MRR.)
struct RankingMetrics {
  int cutoff = 10;
  double hr = 0, recall = 0, precision = 0, ndcg = 0, map = 0, mrr = 0;
};

/// Errors in rating units over the held-out events; predictions are clipped to the range of the training
/// values. Where the model has no prediction (it knows nothing of the user, or says NaN) the mean of the
/// training values stands in.
///   RMSE = sqrt(mean of (prediction - value)^2), MAE = mean of |prediction - value|
struct RatingMetrics {
  std::uint64_t events = 0;
  std::uint64_t mean_events = 0;  ///< of them: predicted by the mean of the training values
  double rmse = 0, mae = 0;
};

/// The outcome of one evaluation. Everything that was not evaluated is counted.
struct Evaluation {
  std::string protocol;                ///< one line: what was ranked against what
  std::uint64_t users = 0;             ///< users evaluated by ranking
  std::uint64_t test_events = 0;       ///< held-out events given
  std::uint64_t repeated_events = 0;   ///< held-out items the user already has in training: not ranked
  std::uint64_t duplicate_events = 0;  ///< the same held-out user and item again: counted once
  std::uint64_t cold_item_events = 0;  ///< held-out items without training events: ranked, mostly missed
  std::uint64_t cold_users = 0;        ///< users without training events: ranked if the model gives an answer
  std::uint64_t fallback_users = 0;    ///< users the model knew nothing of: scored by popularity
  std::vector<RankingMetrics> ranking;  ///< one per cutoff
  std::optional<RatingMetrics> rating;  ///< models that predict ratings
  double seconds = 0;
};

struct EvaluateOptions {
  std::vector<int> cutoffs = {5, 10, 20};  ///< ascending, positive
  Ties ties = Ties::kAgainst;
};

/// Ranks, for each user with held-out events, all items except the user's training items (or, if data.source
/// has candidates for the user, those and the held-out items only) and scores the ranking. Ties count against
/// the model unless options say otherwise: a constant scorer gets nothing. Items
/// scored NaN or -infinity are never found. Users without training events are asked for with an empty Query;
/// a user the model knows nothing of is ranked by popularity (training events per item). Memory: O(held-out
/// events + threads x (items + block of scores)), never users x items. Same result at any thread count.
/// `test` is sorted by user. Throws Error(kBadData) if `test` is empty, Error(kUsage) for wrong cutoffs,
/// Error(kCancelled).
Evaluation evaluate(const Model& model, const Traits& traits, const TrainingData& data,
                    std::span<const Event> test, const EvaluateOptions& options, const Context& context);

}  // namespace akin
