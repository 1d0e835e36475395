#include "akin/models/sequence/session_popularity.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/models/fit/stored_params.h"
#include "akin/models/sequence/sessions.h"

namespace akin {

std::vector<Param> SessionPopularity::Config::params() { return {session_gap_param(&session_gap)}; }

std::unique_ptr<Model> SessionPopularity::fit(const TrainingData& data, const Config& config,
                                              const Context& context) {
  context.check_stop();
  if (data.events.empty()) fail(ErrorCode::kBadData, "{}: there are no events to train on", kName);
  std::vector<double> counts(data.n_items(), 0.0);
  for (const Event& event : data.events) counts[event.item] += 1;
  const double most = *std::ranges::max_element(counts);
  std::vector<float> popularity;
  for (const double count : counts) popularity.push_back(static_cast<float>(count / (1 + most)));
  return std::unique_ptr<Model>(new SessionPopularity(config, std::move(popularity)));
}

bool SessionPopularity::score_all(const Query& query, std::span<float> out) const {
  AKIN_ASSERT(out.size() == n_items());
  std::ranges::copy(popularity_, out.begin());
  for (const idx_t item : query.history.subspan(last_session(query, config_.session_gap))) out[item] += 1;
  return true;
}

std::optional<Explanation> SessionPopularity::explain(const Query& query, idx_t item) const {
  if (query.history.empty()) return std::nullopt;
  const auto session = query.history.subspan(last_session(query, config_.session_gap));
  Explanation explanation{popularity_[item], {}};
  const auto count = std::ranges::count(session, item);
  if (count > 0) explanation.causes.push_back({item, static_cast<float>(count)});
  return explanation;
}

void SessionPopularity::save(TensorWriter& writer) const {
  writer.tensor("model.popularity", popularity_);
  Config config = config_;
  write_params(writer, config.params());
}

std::unique_ptr<Model> SessionPopularity::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  Config config;
  read_params(reader, config.params(), kName);
  return std::unique_ptr<Model>(
      new SessionPopularity(config, reader.vector_in<float>("model.popularity", n_items, 0, 1)));
}

}  // namespace akin
