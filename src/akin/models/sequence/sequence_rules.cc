#include "akin/models/sequence/sequence_rules.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/models/fit/rows_in_parallel.h"
#include "akin/models/fit/stored_params.h"
#include "akin/models/sequence/sessions.h"

namespace akin {
namespace {

std::vector<float> step_weights(const SequenceRules::Config& config) {
  std::vector<float> weights;
  const auto steps = static_cast<float>(config.steps);
  for (int step = 1; step <= config.steps; ++step) {
    const auto d = static_cast<float>(step);
    weights.push_back(config.weighting == "inverse"     ? 1 / d
                      : config.weighting == "linear"    ? (steps + 1 - d) / steps
                      : config.weighting == "quadratic" ? 1 / (d * d)
                                                        : 1.0f);
  }
  return weights;
}

/// Where each item stands: the places in Sessions::items, by item.
struct Places {
  explicit Places(const Sessions& sessions, std::size_t n_items) : offsets(n_items + 1, 0) {
    for (const idx_t item : sessions.items) ++offsets[item + 1];
    for (std::size_t i = 0; i < n_items; ++i) offsets[i + 1] += offsets[i];
    std::vector<std::uint64_t> next(offsets.begin(), offsets.end() - 1);
    places.resize(sessions.items.size());
    for (std::size_t s = 0; s < sessions.size(); ++s) {
      for (std::uint64_t e = sessions.offsets[s]; e < sessions.offsets[s + 1]; ++e)
        places[next[sessions.items[e]]++] = {e, static_cast<idx_t>(s)};
    }
  }
  struct Place {
    std::uint64_t event;
    idx_t session;
  };
  std::vector<std::uint64_t> offsets;
  std::vector<Place> places;
};

/// Makes the list of one item after the other.
class RuleCounter {
 public:
  RuleCounter(const SequenceRules::Config& config, const Sessions& sessions, const Places& places)
      : config_(config),
        sessions_(sessions),
        places_(places),
        weights_(step_weights(config)),
        sums_(places.offsets.size() - 1, 0.0f) {}

  std::vector<Scored> operator()(idx_t item) {
    for (std::uint64_t p = places_.offsets[item]; p < places_.offsets[item + 1]; ++p) {
      const auto [event, session] = places_.places[p];
      const std::uint64_t before = event - sessions_.offsets[session],
                          after = sessions_.offsets[session + 1] - 1 - event;
      for (std::uint64_t d = 1; d <= std::min<std::uint64_t>(after, weights_.size()); ++d)
        add(sessions_.items[event + d], weights_[d - 1]);
      if (config_.backward == 0) continue;
      for (std::uint64_t d = 1; d <= std::min<std::uint64_t>(before, weights_.size()); ++d)
        add(sessions_.items[event - d], config_.backward * weights_[d - 1]);
    }
    const float source = power_of(item, config_.source_power);
    TopK best(config_.neighbors == 0 ? found_.size()
                                     : std::min(found_.size(), static_cast<std::size_t>(config_.neighbors)));
    for (const idx_t other : found_) {
      best.push(other, sums_[other] / (source * power_of(other, config_.target_power)));
      sums_[other] = 0;
    }
    found_.clear();
    return best.take();
  }

 private:
  void add(idx_t item, float weight) {
    if (sums_[item] == 0) found_.push_back(item);
    sums_[item] += weight;
  }
  float power_of(idx_t item, float power) const {
    return std::pow(static_cast<float>(places_.offsets[item + 1] - places_.offsets[item]), power);
  }

  const SequenceRules::Config& config_;
  const Sessions& sessions_;
  const Places& places_;
  std::vector<float> weights_;  // of a distance of 1, 2 ...
  std::vector<float> sums_;     // by item
  std::vector<idx_t> found_;    // items whose sum is not 0
};

}  // namespace

std::vector<Param> SequenceRules::Config::params() {
  return {
      {"steps", &steps, "items up to so many events later follow an item", 1, 1000, {}, true, {1, 20}},
      {"weighting",
       &weighting,
       "weight of a pair of events d apart: 1/d, falling linearly, 1/d^2, or 1",
       0,
       0,
       {"inverse", "linear", "quadratic", "same"},
       false,
       kSearchChoices},
      {"decay", &decay, "weight of a history event relative to the one after it", 0, 1, {}, false, {0.1, 1}},
      {"history", &history, "only the last so many events of the history count; 0 = all", 0, 1'000'000},
      {"backward",
       &backward,
       "weight of items that came before, relative to those that followed",
       0,
       1,
       {},
       false,
       {0, 1}},
      {"source_power",
       &source_power,
       "rules are divided by (events of the history item)^source_power",
       0,
       2,
       {},
       false,
       {0, 1}},
      {"target_power",
       &target_power,
       "rules are divided by (events of the recommended item)^target_power",
       0,
       2,
       {},
       false,
       {0, 1}},
      {"neighbors", &neighbors, "number of rules stored per item; 0 = all", 0, 1'000'000},
      session_gap_param(&session_gap),
  };
}

std::unique_ptr<Model> SequenceRules::fit(const TrainingData& data, const Config& config,
                                          const Context& context) {
  context.check_stop();
  if (data.events.empty()) fail(ErrorCode::kBadData, "{}: there are no events to train on", kName);
  const Sessions sessions = cut_sessions(data.events, config.session_gap);
  const Places places(sessions, data.n_items());
  const auto rows = rows_in_parallel<std::vector<Scored>>(
      data.n_items(), "rules", context, [&] { return RuleCounter(config, sessions, places); });
  Csr lists{.cols = data.n_items(), .offsets = {0}, .indices = {}, .values = {}};
  for (const std::vector<Scored>& row : rows) {
    for (const Scored& rule : row) {
      lists.indices.push_back(rule.idx);
      lists.values.push_back(rule.score);
    }
    lists.offsets.push_back(lists.indices.size());
  }
  return std::unique_ptr<Model>(new SequenceRules(config, std::move(lists)));
}

/// The items of the query's session with decay^age, each once.
std::vector<WeightedItem> SequenceRules::weigh(const Query& query) const {
  std::size_t begin = last_session(query, config_.session_gap);
  const std::size_t end = query.history.size();
  if (config_.history > 0) begin = std::max(begin, end - std::min(end, std::size_t(config_.history)));
  std::vector<WeightedItem> events, items;
  float weight = 1;
  for (std::size_t e = end; e > begin && weight > 0; --e, weight *= config_.decay)
    events.push_back({query.history[e - 1], weight});
  std::ranges::stable_sort(events, {}, &WeightedItem::item);
  for (const WeightedItem& event : events) {
    if (!items.empty() && items.back().item == event.item) {
      items.back().weight += event.weight;
    } else {
      items.push_back(event);
    }
  }
  return items;
}

bool SequenceRules::score_all(const Query& query, std::span<float> out) const {
  return lists_.score_all(weigh(query), out);
}

std::optional<Explanation> SequenceRules::explain(const Query& query, idx_t item) const {
  return lists_.explain(weigh(query), item);
}

std::vector<Scored> SequenceRules::similar(idx_t item, std::size_t k) const {
  std::vector<Scored> list = lists_.similar(item, k + 1);  // an item may follow itself
  std::erase_if(list, [&](const Scored& other) { return other.idx == item; });
  list.resize(std::min(k, list.size()));
  return list;
}

void SequenceRules::save(TensorWriter& writer) const {
  write_csr(writer, "model.rules", lists_.lists());
  Config config = config_;
  write_params(writer, config.params());
}

std::unique_ptr<Model> SequenceRules::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  Config config;
  read_params(reader, config.params(), kName);
  return std::unique_ptr<Model>(
      new SequenceRules(config, read_csr(reader, "model.rules", n_items, n_items, ColumnOrder::kAny)));
}

}  // namespace akin
