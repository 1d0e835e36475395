// The items of the running session, most frequent first.
#pragma once

#include "akin/models/model.h"

namespace akin {

/// S-POP (Hidasi et al., "Session-based recommendations with recurrent neural networks", ICLR 2016):
///
///   score(i) = events of i in the query's session + n_i / (1 + max n),   n = training events of the item
///
/// so that items of the session come first, by count, then all others by popularity. A baseline for data in which items
/// are repeated, to be used with --include-seen: without repeats it is popularity. The session is what follows the
/// history's last gap of more than `session_gap` seconds.
class SessionPopularity : public Model {
 public:
  struct Config {
    int session_gap = 0;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "session-popularity";
  static constexpr std::string_view kSummary = "items of the running session by count, then the most popular";
  static constexpr Traits kTraits = {.personalized = false, .uses_times = true, .explains = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return no_vectors_; }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  bool score_all(const Query& query, std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  std::size_t n_items() const override { return popularity_.size(); }
  void save(TensorWriter& writer) const override;

 private:
  SessionPopularity(const Config& config, std::vector<float> popularity)
      : config_(config), popularity_(std::move(popularity)) {}

  Config config_;
  std::vector<float> popularity_;  // n_i / (1 + max n)
  Matrix no_vectors_;
};

}  // namespace akin
