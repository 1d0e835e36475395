#include "akin/models/baseline/bias.h"

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/safetensors.h"

namespace akin {

Bias::Bias(RatingBaseline baseline) : baseline_(std::move(baseline)), items_(baseline_.n_items(), 2) {
  for (std::size_t i = 0; i < items_.rows(); ++i) {
    items_[i][0] = 1;
    items_[i][1] = baseline_.item_bias(static_cast<idx_t>(i));
  }
}

std::unique_ptr<Model> Bias::fit(const TrainingData& data, const Config& config, const Context& context) {
  context.check_stop();
  const Csr ratings = to_csr(data.events, data.n_users(), data.n_items(), Repeats::kLast);
  if (sum_over_ranks(context.ranks(), ratings.entries()) == 0)
    fail(ErrorCode::kBadData, "bias: there are no training ratings");
  const BaselineSpec spec{config.method, config.item_regularization, config.user_regularization,
                          config.epochs};
  return std::unique_ptr<Model>(new Bias(RatingBaseline(ratings, spec, context.ranks())));
}

bool Bias::user_vector(const Query& query, std::span<float> out) const {
  const RatedItems rated = baseline_.rated_items(query);
  out[0] = baseline_.mean() + baseline_.user_bias(rated.items, rated.ratings);
  out[1] = 1;
  return true;
}

std::unique_ptr<Model> Bias::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  return std::unique_ptr<Model>(new Bias(RatingBaseline::load(reader, n_items)));
}

}  // namespace akin
