#include "akin/models/sequence/session_knn.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "akin/base/error.h"
#include "akin/models/fit/stored_params.h"
#include "akin/models/neighbors/neighbor_lists.h"
#include "akin/models/sequence/sessions.h"

namespace akin {
namespace {

/// Times before are positions in lists, which count from 0.
constexpr std::int64_t kFirstMoment = 100'000'000 * kSecond;  // in 1973
constexpr float kLeastWeight = 1e-9f;

struct Defaults {
  std::string_view variant, weighting;
  float position_decay, match_decay, distance_decay, idf;
};
constexpr Defaults kVariants[] = {{"sknn", "same", 0, 0, 0, 0},
                                  {"v-sknn", "quadratic", 0, 2, 0, 10},
                                  {"stan", "exponential", 1.25f, 0, 3, 1},
                                  {"vstan", "exponential", 1.25f, 2, 3, 1}};

SessionKnn::Config fill_in(SessionKnn::Config config) {
  const Defaults& variant = *std::ranges::find(kVariants, config.variant, &Defaults::variant);
  const auto or_default = [](float& value, float usual) { value = value < 0 ? usual : value; };
  if (config.weighting == "variant") config.weighting = variant.weighting;
  or_default(config.position_decay, variant.position_decay);
  or_default(config.match_decay, variant.match_decay);
  or_default(config.distance_decay, variant.distance_decay);
  or_default(config.idf, variant.idf);
  return config;
}

/// exp(-distance / decay), 1 without a decay.
float decayed(double distance, float decay) {
  return decay > 0 ? static_cast<float>(std::exp(-distance / static_cast<double>(decay))) : 1.0f;
}

double days_between(std::int64_t from, std::int64_t to) {
  return (static_cast<double>(to) - static_cast<double>(from)) / (86'400.0 * kSecond);
}

/// Where each item of the session comes last, ascending.
std::vector<std::size_t> last_places(std::span<const idx_t> session) {
  std::vector<std::size_t> places(session.size());
  std::iota(places.rbegin(), places.rend(), std::size_t{0});
  std::ranges::stable_sort(places, {}, [&](std::size_t place) { return session[place]; });
  const auto same = [&](std::size_t a, std::size_t b) { return session[a] == session[b]; };
  places.erase(std::unique(places.begin(), places.end(), same), places.end());
  std::ranges::sort(places);
  return places;
}

/// What a thread knows of the sessions while it answers a query.
struct Found {
  float similarity = 0;
  idx_t latest = 0;  // the shared item that is latest in the query, by its number there
};

}  // namespace

/// The session asked about.
struct SessionKnn::Asked {
  std::optional<idx_t> user = {};
  std::vector<idx_t> items = {};    // different ones, oldest first
  std::vector<float> weights = {};  // w_j
  std::vector<float> matches = {};  // exp((p - n) / match_decay)
  float norm = 0;
  std::int64_t now = kNoTime;
};

struct SessionKnn::Neighbor {
  idx_t session;
  idx_t latest;      // number of j* in Asked::items
  float similarity;  // sim(c)
};

std::vector<Param> SessionKnn::Config::params() {
  const auto decay = [](std::string_view name, float* value, std::string_view help, SearchRange search) {
    return Param{name, value, help, -1, 1e6, {}, true, search};
  };
  return {
      {"variant",
       &variant,
       "sets the parameters below that are not given themselves",
       0,
       0,
       {"sknn", "v-sknn", "stan", "vstan"},
       false,
       kSearchChoices},
      {"neighbors", &neighbors, "number of similar sessions used", 1, 1'000'000, {}, true, {100, 2000}},
      {"sample",
       &sample,
       "only the latest so many sessions that share an item are compared",
       1,
       100'000'000,
       {},
       true,
       {1000, 50'000}},
      {"weighting",
       &weighting,
       "weight of an item by its position in the session asked about",
       0,
       0,
       {"variant", "same", "linear", "quadratic", "exponential"}},
      decay("position_decay", &position_decay,
            "weighting exponential: events after which a weight falls to 1/e; -1 = as the variant says",
            {0.3, 10}),
      decay("match_decay", &match_decay,
            "events after which the last shared item counts 1/e; 0 = no decay, -1 = as the variant says",
            {0.5, 20}),
      decay("distance_decay", &distance_decay,
            "distance from the last shared item at which a neighbor's item counts 1/e; 0 = no decay, -1 = as "
            "the variant says",
            {0.5, 20}),
      decay("idf", &idf, "weight of ln(sessions / sessions with the item) beside 1; -1 = as the variant says",
            {0.1, 10}),
      {"session_age_days", &session_age_days,
       "days after which a session counts 1/e, where there are times; 0 = no decay", 0, 1e6},
      {"history", &history, "only the last so many events of the session asked about; 0 = all", 0, 1'000'000},
      session_gap_param(&session_gap),
  };
}

SessionKnn::SessionKnn(const Config& config, History history)
    : config_(config), formula_(fill_in(config)), history_(std::move(history)) {
  Csr& sessions = history_.sessions;
  std::size_t longest = 0;
  for (std::size_t s = 0; s < sessions.rows(); ++s) {
    longest = std::max(longest, sessions.row_size(s));
    for (std::uint64_t e = sessions.offsets[s]; e < sessions.offsets[s + 1]; ++e)
      sessions.values[e] = static_cast<float>(e - sessions.offsets[s]);
  }
  by_item_ = transpose(sessions);
  const auto n = static_cast<double>(sessions.rows());
  for (std::size_t i = 0; i < by_item_.rows(); ++i) {
    const double with_item = static_cast<double>(std::max<std::size_t>(1, by_item_.row_size(i)));
    boost_.push_back(1 + formula_.idf * static_cast<float>(std::log(n / with_item)));
  }
  for (std::size_t d = 0; d < longest; ++d)
    distance_decay_.push_back(decayed(static_cast<double>(d), formula_.distance_decay));
}

std::unique_ptr<Model> SessionKnn::fit(const TrainingData& data, const Config& config,
                                       const Context& context) {
  context.check_stop();
  if (data.events.empty()) fail(ErrorCode::kBadData, "{}: there are no events to train on", kName);
  const Sessions sessions = cut_sessions(data.events, config.session_gap);
  std::vector<std::int64_t> ends;
  for (std::size_t s = 0; s < sessions.size(); ++s) {
    const std::int64_t end = sessions.times_of(s).back();
    ends.push_back(end < kFirstMoment ? kNoTime : end);
  }
  std::vector<idx_t> order(sessions.size());
  std::iota(order.rbegin(), order.rend(), idx_t{0});
  std::ranges::stable_sort(order, std::ranges::greater(), [&](idx_t s) { return ends[s]; });
  History history{.sessions = {.cols = data.n_items(), .offsets = {0}, .indices = {}, .values = {}},
                  .users = {},
                  .times = {}};
  for (const idx_t s : order) {
    const auto items = sessions.items_of(s);
    for (const std::size_t place : last_places(items)) history.sessions.indices.push_back(items[place]);
    history.sessions.offsets.push_back(history.sessions.indices.size());
    history.users.push_back(sessions.users[s]);
    history.times.push_back(ends[s]);
  }
  history.sessions.values.resize(history.sessions.indices.size());
  return std::unique_ptr<Model>(new SessionKnn(config, std::move(history)));
}

SessionKnn::Asked SessionKnn::ask(const Query& query) const {
  std::size_t begin = last_session(query, formula_.session_gap);
  const std::size_t end = query.history.size();
  if (formula_.history > 0) begin = std::max(begin, end - std::min(end, std::size_t(formula_.history)));
  const auto session = query.history.subspan(begin);
  const auto n = static_cast<float>(session.size());
  Asked asked{.user = query.user, .now = query.now};
  if (asked.now == kNoTime && !query.times.empty()) asked.now = query.times.back();
  double squares = 0;
  for (const std::size_t place : last_places(session)) {
    const float p = static_cast<float>(place + 1), share = p / n;
    const float weight = formula_.weighting == "same"        ? 1
                         : formula_.weighting == "linear"    ? share
                         : formula_.weighting == "quadratic" ? share * share
                                                             : decayed(n - p, formula_.position_decay);
    squares += static_cast<double>(weight) * weight;
    if (weight < kLeastWeight) continue;
    asked.items.push_back(session[place]);
    asked.weights.push_back(weight);
    asked.matches.push_back(decayed(n - p, formula_.match_decay));
  }
  asked.norm = static_cast<float>(std::sqrt(squares));
  return asked;
}

std::vector<SessionKnn::Neighbor> SessionKnn::neighbors(const Asked& asked) const {
  // All zeros between two queries; of each thread, as a model is asked by many.
  thread_local std::vector<Found> found;
  if (found.size() < history_.users.size()) found.resize(history_.users.size());
  std::vector<idx_t> touched;
  const auto sample = static_cast<std::size_t>(formula_.sample);
  for (std::size_t h = 0; h < asked.items.size(); ++h) {
    // The latest sessions of all items together are among the latest of each item.
    const auto sessions = by_item_.cols_of(asked.items[h]);
    for (const idx_t s : sessions.first(std::min(sample, sessions.size()))) {
      if (history_.users[s] == asked.user) continue;
      if (found[s].similarity == 0) touched.push_back(s);
      found[s].similarity += asked.weights[h];
      found[s].latest = static_cast<idx_t>(h);
    }
  }
  const auto after_sample = touched.begin() + static_cast<std::ptrdiff_t>(std::min(sample, touched.size()));
  std::ranges::nth_element(touched, after_sample);
  std::vector<Neighbor> result;
  for (auto s = touched.begin(); s != touched.end(); ++s) {
    const Found of_session = std::exchange(found[*s], {});
    if (s >= after_sample) continue;
    float similarity =
        of_session.similarity / (asked.norm * std::sqrt(static_cast<float>(history_.sessions.row_size(*s))));
    if (formula_.session_age_days > 0 && asked.now != kNoTime && history_.times[*s] != kNoTime) {
      similarity *=
          decayed(std::max(0.0, days_between(history_.times[*s], asked.now)), formula_.session_age_days);
    }
    result.push_back({*s, of_session.latest, similarity});
  }
  const auto k = std::min(static_cast<std::size_t>(formula_.neighbors), result.size());
  const auto nearer = [](const Neighbor& a, const Neighbor& b) {
    return a.similarity != b.similarity ? a.similarity > b.similarity : a.session < b.session;
  };
  std::ranges::nth_element(result, result.begin() + static_cast<std::ptrdiff_t>(k), nearer);
  result.resize(k);
  return result;
}

std::size_t SessionKnn::shared_position(const Neighbor& neighbor, const Asked& asked) const {
  const auto items = history_.sessions.cols_of(neighbor.session);
  return static_cast<std::size_t>(std::ranges::find(items, asked.items[neighbor.latest]) - items.begin());
}

bool SessionKnn::score_all(const Query& query, std::span<float> out) const {
  AKIN_ASSERT(out.size() == n_items());
  const Asked asked = ask(query);
  const std::vector<Neighbor> found = neighbors(asked);
  std::ranges::fill(out, 0.0f);
  for (const Neighbor& neighbor : found) {
    const auto items = history_.sessions.cols_of(neighbor.session);
    const std::size_t shared = shared_position(neighbor, asked);
    const float weight = neighbor.similarity * asked.matches[neighbor.latest];
    for (std::size_t k = 0; k < items.size(); ++k) out[items[k]] += weight * distance_weight(k, shared);
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i] *= boost_[i];
  return !found.empty();
}

std::optional<Explanation> SessionKnn::explain(const Query& query, idx_t item) const {
  const Asked asked = ask(query);
  const std::vector<Neighbor> found = neighbors(asked);
  if (found.empty()) return std::nullopt;
  std::vector<double> added(asked.items.size(), 0.0);
  std::vector<std::size_t> shared;
  for (const Neighbor& neighbor : found) {
    const auto items = history_.sessions.cols_of(neighbor.session);
    const auto at = std::ranges::find(items, item);
    if (at == items.end()) continue;
    shared.clear();
    double weights = 0;
    for (std::size_t h = 0; h < asked.items.size(); ++h) {
      if (!std::ranges::binary_search(by_item_.cols_of(asked.items[h]), neighbor.session)) continue;
      shared.push_back(h);
      weights += asked.weights[h];
    }
    const double part =
        static_cast<double>(neighbor.similarity) * asked.matches[neighbor.latest] * boost_[item] *
        distance_weight(static_cast<std::size_t>(at - items.begin()), shared_position(neighbor, asked));
    for (const std::size_t h : shared) added[h] += part * asked.weights[h] / weights;
  }
  Explanation explanation;
  for (std::size_t h = 0; h < added.size(); ++h) {
    if (added[h] != 0) explanation.causes.push_back({asked.items[h], static_cast<float>(added[h])});
  }
  sort_causes(explanation);
  return explanation;
}

std::vector<Scored> SessionKnn::similar(idx_t item, std::size_t k) const {
  std::vector<float> scores(n_items());
  if (!score_all({.history = std::span(&item, 1)}, scores)) return {};
  TopK best(std::min(k, scores.size()));
  for (idx_t other = 0; other < scores.size(); ++other) {
    if (other != item && scores[other] > 0) best.push(other, scores[other]);
  }
  return best.take();
}

std::unique_ptr<Model> SessionKnn::select_users(std::span<const idx_t> users) const {
  History kept;
  std::vector<idx_t> rows;
  for (std::size_t s = 0; s < history_.users.size(); ++s) {
    const auto user = std::ranges::lower_bound(users, history_.users[s]);
    if (user == users.end() || *user != history_.users[s]) continue;
    rows.push_back(static_cast<idx_t>(s));
    kept.users.push_back(static_cast<idx_t>(user - users.begin()));
    kept.times.push_back(history_.times[s]);
  }
  if (rows.empty()) fail(ErrorCode::kBadData, "{}: no sessions remain after these users are removed", kName);
  kept.sessions = select_rows(history_.sessions, rows);
  return std::unique_ptr<Model>(new SessionKnn(config_, std::move(kept)));
}

void SessionKnn::save(TensorWriter& writer) const {
  writer.meta("model.n_items", std::to_string(n_items()));
  writer.meta("model.sessions", std::to_string(history_.users.size()));
  write_csr(writer, "model.sessions", history_.sessions);
  writer.tensor("model.session_users", history_.users);
  writer.tensor("model.session_times", history_.times);
  Config config = config_;
  write_params(writer, config.params());
}

std::unique_ptr<Model> SessionKnn::load(const TensorReader& reader, std::size_t n_users,
                                        std::size_t n_items) {
  Config config;
  read_params(reader, config.params(), kName);
  const auto items = static_cast<std::int64_t>(n_items);
  reader.meta_int("model.n_items", items, items);
  const auto n = static_cast<std::size_t>(
      reader.meta_int("model.sessions", 1, std::numeric_limits<std::uint32_t>::max()));
  return std::unique_ptr<Model>(
      new SessionKnn(config, {read_csr(reader, "model.sessions", n, n_items, ColumnOrder::kAny),
                              reader.indices("model.session_users", n, n_users),
                              reader.vector<std::int64_t>("model.session_times", n)}));
}

}  // namespace akin
