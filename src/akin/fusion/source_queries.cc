#include "akin/fusion/source_queries.h"

#include <algorithm>
#include <map>
#include <set>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/fusion/fused_fit.h"
#include "akin/models/query_history.h"

namespace akin {
namespace {

constexpr std::size_t kFewest = 10;  // held-out events that weights can be learned from
constexpr std::uint64_t kDrawStream = 0xF5ED;

/// The training side as a data set of its own. Reviews belong to the events of the source.
Dataset copy_of(const TrainingData& data) {
  Dataset copy = data.source;
  if (!std::ranges::equal(data.events, data.source.events)) {
    copy.events.assign(data.events.begin(), data.events.end());
    copy.reviews = {};
    copy.event_attributes = {};
  }
  copy.user_bounds = {};
  for (Event& event : copy.events) event.subset = Subset::kTrain;
  return copy;
}

/// `count` of the events, by seed, sorted by user: one of each user, then a second one of each, and so on, since the lists
/// of all users count the same however long they are.
std::vector<Event> sample(std::vector<Event> events, std::size_t count, std::uint64_t seed,
                          std::uint64_t stream) {
  Rng(seed, stream).shuffle(std::span(events));
  std::map<idx_t, std::size_t> had;
  std::vector<std::pair<std::size_t, Event>> drawn;  // with how many of the same user came before
  for (const Event& event : events) drawn.emplace_back(had[event.user]++, event);
  std::ranges::stable_sort(drawn, {}, &std::pair<std::size_t, Event>::first);
  drawn.resize(std::min(drawn.size(), count));
  std::ranges::stable_sort(drawn, {}, [](const auto& entry) { return entry.second.user; });
  events.clear();
  for (const auto& [before, event] : drawn) events.push_back(event);
  return events;
}

/// Asks sources about events of users.
class UserQueries {
 public:
  UserQueries(const std::vector<FusedSource>& sources, const HeldOutQueries& held,
              const Fused::Config& config)
      : sources_(sources), held_(held), config_(config), events_(held.data.dataset.n_items(), 0) {
    offsets_ = user_offsets(held.data.dataset.events, held.data.dataset.n_users());
    for (const Event& event : held.data.dataset.events) ++events_[event.item];
    std::vector<char> chosen(events_.size(), 0);
    for (const auto* events : {&held.data.dataset.events, &held.cold, &held.warm}) {
      for (const Event& event : *events) chosen[event.item] = 1;
    }
    // Items whose events are all held out from the training side itself would be taken for such that nobody wants.
    for (idx_t i = 0; i < chosen.size(); ++i) {
      if (chosen[i] != 0) strata_.at(SourceGate::stratum_of(events_[i])).push_back(i);
    }
  }

  std::size_t candidates() const { return static_cast<std::size_t>(config_.negatives) + 1; }

  /// Asks for the events `asked` of one user, which are queries `first` and on of `out`. Safe from many threads for
  /// different users.
  void ask(std::span<const Event> asked, std::size_t first, std::uint64_t seed, SourceQueries& out) {
    const idx_t user = asked[0].user;
    QueryHistory history;
    history.add(
        std::span(held_.data.dataset.events).subspan(offsets_[user], offsets_[user + 1] - offsets_[user]));
    const Query query = history.query(std::nullopt);
    const std::vector<float> weights = history_weights(query.history.size(), config_.half_life);
    std::set<idx_t> had(query.history.begin(), query.history.end());
    for (const auto* events : {&held_.cold, &held_.warm}) {
      for (auto event = std::ranges::lower_bound(*events, user, {}, &Event::user);
           event != events->end() && event->user == user; ++event)
        had.insert(event->item);
    }
    for (std::size_t q = 0; q < asked.size(); ++q) draw(asked[q], had, seed, (first + q) * candidates(), out);
    for (std::size_t s = 0; s < sources_.size(); ++s) {
      const StandardScores scores = ask_source(sources_[s], query, weights);
      for (std::size_t at = first * candidates(); at < (first + asked.size()) * candidates(); ++at)
        out.scores[at * sources_.size() + s] = scores.z(items_[at]);
    }
  }

  void prepare(std::size_t queries, SourceQueries& out) {
    items_.resize(queries * candidates());
    out.sources = sources_.size();
    out.candidates = candidates();
    out.events.resize(queries * candidates());
    out.scores.resize(queries * candidates() * sources_.size());
  }

 private:
  void draw(const Event& event, const std::set<idx_t>& had, std::uint64_t seed, std::size_t at,
            SourceQueries& out) {
    Rng rng(seed, at + 1);
    const std::vector<idx_t>& others = strata_.at(SourceGate::stratum_of(events_[event.item]));
    items_[at] = event.item;
    for (std::size_t c = 1; c < candidates(); ++c) {
      // Where the user had nearly all, one that they had stands in after a few draws: it says nothing.
      idx_t item = event.item;
      for (int draws = 0; draws < 20; ++draws) {
        const idx_t drawn = others[rng.below(others.size())];
        if (had.contains(drawn)) continue;
        item = drawn;
        break;
      }
      items_[at + c] = item;
    }
    for (std::size_t c = 0; c < candidates(); ++c) out.events[at + c] = events_[items_[at + c]];
  }

  const std::vector<FusedSource>& sources_;
  const HeldOutQueries& held_;
  const Fused::Config& config_;
  std::vector<std::uint64_t> offsets_;
  std::vector<std::uint32_t> events_;  // by item
  std::array<std::vector<idx_t>, SourceGate::kStrata.size()> strata_;
  std::vector<idx_t> items_;  // candidates; each query writes its own
};

}  // namespace

std::optional<HeldOutQueries> hold_out_queries(const TrainingData& data, const Context& context) {
  HeldOutQueries held;
  try {
    SplitDataset cold =
        split_dataset(copy_of(data), {.holdout = Holdout::kColdItems, .fraction = 0.2, .seed = context.seed});
    held.cold = std::move(cold.test);
    held.data = split_dataset(std::move(cold.dataset),
                              {.holdout = Holdout::kUserRatio, .fraction = 0.1, .seed = context.seed});
    held.warm = std::move(held.data.test);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadData) throw;
    return std::nullopt;
  }
  if (held.cold.size() + held.warm.size() < kFewest || held.data.dataset.events.empty()) return std::nullopt;
  return held;
}

SourceQueries ask_queries(const std::vector<FusedSource>& sources, const HeldOutQueries& held,
                          const Fused::Config& config, const Context& context) {
  const auto most = static_cast<std::size_t>(config.queries);
  const std::vector<std::uint64_t> offsets =
      user_offsets(held.data.dataset.events, held.data.dataset.n_users());
  const auto has_history = [&](const Event& event) { return offsets[event.user + 1] > offsets[event.user]; };
  std::vector<Event> asked;
  std::uint64_t stream = kDrawStream;
  for (const auto* events : {&held.cold, &held.warm}) {
    std::vector<Event> usable;
    std::ranges::copy_if(*events, std::back_inserter(usable), has_history);
    const std::vector<Event> drawn = sample(std::move(usable), most, context.seed, stream++);
    asked.insert(asked.end(), drawn.begin(), drawn.end());
  }
  std::ranges::stable_sort(asked, {}, &Event::user);
  UserQueries users(sources, held, config);
  SourceQueries queries;
  users.prepare(asked.size(), queries);
  std::vector<std::size_t> begins;  // of each user's questions
  for (std::size_t q = 0; q < asked.size(); ++q) {
    if (q == 0 || asked[q].user != asked[q - 1].user) begins.push_back(q);
  }
  parallel_for(
      begins.size(), context.threads,
      [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t u = begin; u < end; ++u) {
          context.check_stop();
          const std::size_t first = begins[u], last = u + 1 < begins.size() ? begins[u + 1] : asked.size();
          users.ask(std::span(asked).subspan(first, last - first), first, context.seed, queries);
        }
      },
      16);
  return queries;
}

}  // namespace akin
