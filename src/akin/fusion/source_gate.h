// How much each source counts, by how many training events an item has.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// w_s(n) of source s and an item with n training events: linear in ln(1 + n) between the knots and constant beyond the
/// last, so that items without events can lean on content and others on what users did, without a step between them.
class SourceGate {
 public:
  static constexpr std::array<std::uint32_t, 4> kKnots = {0, 3, 12, 40};
  /// Numbers of events that are reported together: 0, 1 to 5, 6 to 20, more.
  static constexpr std::array<std::uint32_t, 4> kStrataBegin = {0, 1, 6, 21};
  static constexpr std::array<std::string_view, 4> kStrata = {"0", "1-5", "6-20", ">20"};
  static std::size_t stratum_of(std::uint32_t events);

  /// All weights are 1.
  explicit SourceGate(std::size_t sources);
  /// (knots, sources), finite.
  explicit SourceGate(Matrix weights) : weights_(std::move(weights)) {}

  std::size_t sources() const { return weights_.cols(); }
  const Matrix& weights() const { return weights_; }
  float weight(std::size_t source, std::uint32_t events) const;
  SourceGate clone() const { return SourceGate(weights_.clone()); }

  /// Where ln(1 + n) lies: between knot `knot` and the next, `share` of the way.
  struct Place {
    std::size_t knot = 0;
    float share = 0;
  };
  static Place place(std::uint32_t events);

 private:
  Matrix weights_;  // (knots, sources)
};

/// Questions whose answer is known: of `candidates` items the first was chosen. Score (q, c, s) is what source s says of
/// candidate c, standardized within the query; all candidates are of one stratum.
struct SourceQueries {
  std::size_t sources = 0;
  std::size_t candidates = 0;
  std::vector<float> scores = {};          ///< (queries, candidates, sources)
  std::vector<std::uint32_t> events = {};  ///< (queries, candidates): training events of each
  std::size_t size() const { return candidates == 0 ? 0 : events.size() / candidates; }
  /// Only the sources listed.
  SourceQueries select(std::span<const std::size_t> kept) const;
  /// Every other one, from `first` (0 or 1) on.
  SourceQueries half(std::size_t first) const;
  /// With the damped scores of these sources (StandardScores::z()) as they were before.
  SourceQueries undamped(std::span<const std::size_t> damped) const;
  /// How many of the queries are of each stratum.
  std::array<std::size_t, 4> by_stratum() const;
};

/// How well what was chosen is told from the other candidates, all of them with as many events.
struct StratumRecord {
  std::size_t queries = 0;
  double better = 0;  ///< mean share of the others that score less, ties half: the area under the ROC curve
  double first_tenth = 0;  ///< share of the queries in which at most a tenth of the others scores as much
};
/// By stratum (SourceGate::kStrata).
using StratumRecords = std::array<StratumRecord, SourceGate::kStrata.size()>;

struct GateOptions {
  bool nonnegative = true;  ///< sources that would count against an item are left out
  float smoothness = 10;    ///< lambda below, > 0
};

/// Softmax regression (conditional logit; McFadden 1974): minimizes over the weights at the knots
///
///   - sum_q ln( exp(u_q1) / sum_c exp(u_qc) ) + lambda / 2 sum_k |w_k+1 - w_k|^2 + 1/2 sum_k |w_k|^2,
///   u_qc = sum_s w_s(n_c) z_qcs
///
/// With `nonnegative` the weights that come out negative are fixed at 0 and the rest fitted again, until none is. All
/// weights are 1 where there are no queries. Cost: queries x candidates x sources, some 100 times. The same bits at any
/// number of threads. Throws Error(kCancelled).
SourceGate fit_gate(const SourceQueries& queries, const GateOptions& options, const Context& context);
/// How well weights do that are learned so, on queries that they have not seen: those of every other query on the rest, and
/// the other way round.
StratumRecords check_gate(const SourceQueries& queries, const GateOptions& options, const Context& context);

}  // namespace akin
