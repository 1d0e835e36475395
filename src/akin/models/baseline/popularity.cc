#include "akin/models/baseline/popularity.h"

#include <algorithm>
#include <cmath>

#include "akin/base/communicator.h"
#include "akin/base/safetensors.h"
#include "akin/models/fit/event_kinds.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/rank_rows.h"

namespace akin {

std::unique_ptr<Model> Popularity::fit(const TrainingData& data, const Config& config,
                                       const Context& context) {
  context.check_stop();
  const std::vector<Event> events = events_of_kind(data.events, config.kind, kName, context);
  std::int64_t latest = kNoTime;
  for (const Event& event : events) latest = std::max(latest, event.time);
  latest = std::ranges::max(gather_all(context.ranks(), std::span<const std::int64_t>(&latest, 1)));
  const double half_life = static_cast<double>(config.half_life_days) * 86400.0 * kSecond;
  std::vector<double> scores(data.n_items(), 0.0);
  change_in_order(context.ranks(), std::span(scores), [&] {
    for (const Event& event : events) {
      double weight = config.use_values ? event.value : 1.0;
      if (half_life > 0 && event.time != kNoTime) {
        weight *= std::exp2(-(static_cast<double>(latest) - static_cast<double>(event.time)) / half_life);
      }
      scores[event.item] += weight;
    }
  });
  Matrix items(data.n_items(), 1);
  for (std::size_t i = 0; i < scores.size(); ++i) items[i][0] = static_cast<float>(scores[i]);
  return std::unique_ptr<Model>(new Popularity(std::move(items)));
}

bool Popularity::user_vector(const Query&, std::span<float> out) const {
  out[0] = 1;
  return true;
}

void Popularity::save(TensorWriter& writer) const { write_matrix(writer, "model.items", items_); }

std::unique_ptr<Model> Popularity::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  return std::unique_ptr<Model>(new Popularity(read_matrix(reader, "model.items", n_items, 1)));
}

}  // namespace akin
