// The most popular items, the same for every user.
#pragma once

#include <string>

#include "akin/models/fit/event_kinds.h"
#include "akin/models/model.h"

namespace akin {

/// Scores an item by its number of events, each weighted by age: score_i = sum over events e of i of
/// 2^(-(T - t_e) / half_life_days), T = the time of the latest event; with `kind`, of the events of that
/// kind. The baseline every other model must beat.
class Popularity : public Model {
 public:
  struct Config {
    float half_life_days = 0;  ///< 0 = no decay
    bool use_values = false;
    std::string kind = "any";
    std::vector<Param> params() {
      return {{"half_life_days",
               &half_life_days,
               "days after which an event has half its weight; 0 = no decay",
               0,
               1e6,
               {},
               true,
               {1, 3650}},
              {"use_values", &use_values, "weigh each event by its value instead of 1"},
              event_kind_param(&kind, "kind of events to count, such as purchase")};
    }
  };
  static constexpr std::string_view kName = "popularity";
  static constexpr std::string_view kSummary = "most popular items, with time decay";
  static constexpr Traits kTraits = {.personalized = false, .distributed = true};

  /// Events without a time count as if they were the latest.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return items_; }
  std::size_t embedding_dim() const override { return 0; }
  bool user_vector(const Query& query, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;

 private:
  explicit Popularity(Matrix items) : items_(std::move(items)) {}
  Matrix items_;  // (n_items, 1): the scores
};

}  // namespace akin
