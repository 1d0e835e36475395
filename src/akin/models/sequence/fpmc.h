// Matrix factorization of users and of the last item.
#pragma once

#include "akin/models/fit/context.h"
#include "akin/models/model.h"
#include "akin/models/sequence/fpmc_kernel.h"

namespace akin {

/// Rendle, Freudenthaler & Schmidt-Thieme, "Factorizing personalized Markov chains for next-basket recommendation"
/// (WWW 2010), of single events instead of baskets:
///
///   y(u, l, i) = b_i + <p_u, q_i> + <l_l, m_i>,   l = the event before, in the same session (`session_gap`)
///   L = sum over events (u, l, i) and drawn items j != i of -ln sigma(y_i - y_j) + lambda/2 |all of them|^2   (S-BPR)
///
/// by stochastic gradient descent (fpmc_steps()), the step length falling to 0 linearly. The first event of a session
/// has a vector l of its own. Users, items and last items are cut into stripes (as BlockSchedule cuts two of them), so
/// that threads work on blocks that share nothing: the same bits at any number of threads, of which up to 8 are busy.
///
/// A user with training events is p_u with the last item of the history. Any other history is folded in: p begins as the
/// mean of all p_u and takes the same steps over the events of the history, with the same draws for the same history.
/// With `now` more than `session_gap` after the last event, a new session begins.
///
/// Cost: O(events x negatives x factors) per epoch. Memory: 28 bytes an event and the model twice. An item without
/// events is only ever a negative: its bias falls, its vectors end as zero.
class Fpmc : public Model {
 public:
  struct Config {
    int factors = 64;
    int epochs = 60;
    float learning_rate = 0.05f;
    float regularization = 0.01f;
    int negatives = 1;
    float init_sigma = 0.1f;
    int session_gap = 0;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "fpmc";
  static constexpr std::string_view kSummary =
      "factorized personalized Markov chain: user and last item (Rendle et al. 2010)";
  static constexpr Traits kTraits = {.uses_order = true,
                                     .uses_times = true,
                                     .iterative = true,
                                     .planned_schedule = true,
                                     .warm_start = true};

  /// Reports the mean of -ln sigma(y_i - y_j) over each epoch, taken before the updates, as the loss.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// (n_items, 2 f + 1): [q_i, m_i, b_i]
  const Matrix& item_vectors() const override { return state_.items; }
  std::size_t embedding_dim() const override { return state_.items.cols() - 1; }
  /// [p_u, l, 1]. Cost of folding in: 1,000 to 10,000 steps, 50 per event between.
  bool user_vector(const Query& query, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 private:
  struct Fit;
  struct State {
    Matrix users;                  // (n_users, f): zero rows for users without events
    Matrix items;                  // item_vectors()
    Matrix last;                   // (n_items + 1, f); the last row: before a session's first event
    std::vector<float> mean_user;  // of all users with events
    FpmcStep step;                 // with the rate of the first epoch
    int session_gap;
  };
  explicit Fpmc(State state) : state_(std::move(state)) {}
  void fold_in(const Query& query, std::span<float> p) const;

  State state_;
};

}  // namespace akin
