#include "akin/eval/rating.h"

#include <algorithm>
#include <cmath>

#include "akin/base/parallel.h"

namespace akin {
namespace {

constexpr std::size_t kUsersPerBlock = 64;  // fixed, so that sums do not depend on the number of threads

/// What is known without a model.
struct TrainingValues {
  double mean = 0;
  float min = 0, max = 0;
};

TrainingValues training_values(std::span<const Event> events) {
  TrainingValues result;
  if (events.empty()) return result;
  const auto [low, high] = std::ranges::minmax_element(events, {}, &Event::value);
  double sum = 0;
  for (const Event& event : events) sum += static_cast<double>(event.value);
  result.mean = sum / static_cast<double>(events.size());
  result.min = low->value;
  result.max = high->value;
  return result;
}

struct ErrorSums {
  std::uint64_t mean_events = 0;
  double squared = 0, absolute = 0;
};

/// Scores one user's held-out events; buffers are kept from user to user.
class UserErrors {
 public:
  UserErrors(const Model& model, const TrainingValues& training) : model_(model), training_(training) {}

  void add(std::span<const Event> test, std::span<const Event> history, ErrorSums& sums) {
    items_.clear();
    for (const Event& event : test) items_.push_back(event.item);
    predictions_.resize(items_.size());
    const bool known = model_.score(query_.query(test.front().user, history), items_, predictions_);
    for (std::size_t e = 0; e < test.size(); ++e) {
      double prediction = training_.mean;
      if (known && !std::isnan(predictions_[e])) {
        prediction = static_cast<double>(std::clamp(predictions_[e], training_.min, training_.max));
      } else {
        ++sums.mean_events;
      }
      const double error = prediction - static_cast<double>(test[e].value);
      sums.squared += error * error;
      sums.absolute += std::abs(error);
    }
  }

 private:
  const Model& model_;
  const TrainingValues& training_;
  QueryBuffer query_;
  std::vector<idx_t> items_;
  std::vector<float> predictions_;
};

}  // namespace

RatingMetrics evaluate_ratings(const Model& model, const TrainingData& data, const Histories& histories,
                               std::span<const std::span<const Event>> test_users, const Context& context) {
  const TrainingValues training = training_values(data.events);
  const std::size_t blocks = (test_users.size() + kUsersPerBlock - 1) / kUsersPerBlock;
  std::vector<ErrorSums> block_sums(blocks);
  parallel_for(blocks, context.threads, [&](std::size_t begin, std::size_t end, int) {
    UserErrors errors(model, training);
    for (std::size_t block = begin; block < end; ++block) {
      context.check_stop();
      const std::size_t last = std::min(test_users.size(), (block + 1) * kUsersPerBlock);
      for (std::size_t u = block * kUsersPerBlock; u < last; ++u) {
        errors.add(test_users[u], histories.of(test_users[u].front().user), block_sums[block]);
      }
    }
  });
  RatingMetrics metrics;
  for (const auto& events : test_users) metrics.events += events.size();
  double squared = 0, absolute = 0;
  for (const ErrorSums& sums : block_sums) {
    metrics.mean_events += sums.mean_events;
    squared += sums.squared;
    absolute += sums.absolute;
  }
  const auto n = static_cast<double>(metrics.events);
  if (metrics.events > 0) {
    metrics.rmse = std::sqrt(squared / n);
    metrics.mae = absolute / n;
  }
  return metrics;
}

}  // namespace akin
