// Sessions with the same items: neighbours of the running session.
#pragma once

#include <string>

#include "akin/models/model.h"

namespace akin {

/// Session-based nearest neighbours: SKNN and V-SKNN (Ludewig & Jannach, "Evaluation of session-based recommendation
/// algorithms", UMUAI 2018), STAN (Garg et al., "Sequence and time aware neighborhood for session-based
/// recommendations", SIGIR 2019), VSTAN (Ludewig et al., "Empirical analysis of session-based recommendation
/// algorithms", UMUAI 2021), as one formula whose parameters `variant` sets.
///
/// The session s asked about is the query's last one, its last `history` events. An item j whose latest event is at
/// position p of n = |s| weighs
///   w_j = 1 (same), p / n (linear), (p / n)^2 (quadratic), exp((p - n) / position_decay) (exponential)
/// Candidates are the `sample` latest sessions c that share an item with s, none of the asking user's own:
///   sim(c) = sum of w_j over the shared items / (sqrt(sum over s of w_j^2) sqrt |c|)
///            x exp(-age(c) / session_age_days), where times are known
/// |c| counts different items. Of the `neighbors` most similar ones
///   score(i) = (1 + idf ln(N / N_i)) sum over c with i of
///              sim(c) exp((p - n) / match_decay) exp(-|pos_c(i) - pos_c(j*)| / distance_decay)
/// where j* is the shared item that is latest in s, p its position there, pos_c a position among c's different items
/// (each where it comes last), N the number of sessions and N_i of those with i. A decay of 0 leaves its factor out.
///
/// The latest session is the one that ends last; where events have no times, or only positions in lists, the one that
/// comes last in the data. Nothing is fitted: the model is the sessions and an inverted index, so that an update only
/// indexes the old and the new ones. explain() splits sim(c) over the shared items as the sum that it is.
///
/// Cost of a query: |s| x sample + neighbors x session length, + n_items. Memory: 16 bytes an event, 20 a session, and
/// 8 bytes a session in each thread that asks.
class SessionKnn : public Model {
 public:
  struct Config {
    std::string variant = "stan";
    int neighbors = 1500;
    int sample = 20'000;
    std::string weighting = "variant";
    float position_decay = -1;
    float match_decay = -1;
    float distance_decay = -1;
    float idf = -1;
    float session_age_days = 0;
    int history = 0;
    int session_gap = 0;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "session-knn";
  static constexpr std::string_view kSummary =
      "items of the sessions most like the running one (SKNN, V-SKNN, STAN, VSTAN)";
  static constexpr Traits kTraits = {.uses_order = true, .uses_times = true, .explains = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return no_vectors_; }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  /// False if no session but the asking user's shares an item with the query's.
  bool score_all(const Query& query, std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  /// By the scores after a session of `item` alone.
  std::vector<Scored> similar(idx_t item, std::size_t k) const override;
  bool has_similar() const override { return true; }
  std::size_t n_items() const override { return by_item_.rows(); }
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 private:
  /// Latest first.
  struct History {
    Csr sessions;                     ///< (sessions, items): different items, each with its position as value
    std::vector<idx_t> users;         ///< of each session
    std::vector<std::int64_t> times;  ///< of its last event
  };
  struct Asked;
  struct Neighbor;
  SessionKnn(const Config& config, History history);
  Asked ask(const Query& query) const;
  std::vector<Neighbor> neighbors(const Asked& asked) const;
  /// Of j* in the neighbor.
  std::size_t shared_position(const Neighbor& neighbor, const Asked& asked) const;
  float distance_weight(std::size_t a, std::size_t b) const { return distance_decay_[a > b ? a - b : b - a]; }

  Config config_;   // as asked for
  Config formula_;  // with what the variant says filled in
  History history_;
  Csr by_item_;                        // sessions of each item, latest first
  std::vector<float> boost_;           // 1 + idf ln(N / N_i)
  std::vector<float> distance_decay_;  // exp(-distance / distance_decay)
  Matrix no_vectors_;
};

}  // namespace akin
