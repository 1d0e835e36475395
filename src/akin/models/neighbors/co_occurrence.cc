#include "akin/models/neighbors/co_occurrence.h"

#include <algorithm>
#include <numeric>

#include "akin/base/safetensors.h"
#include "akin/models/fit/rank_rows.h"
#include "akin/models/neighbors/similarity.h"
#include "akin/models/neighbors/sparse_product.h"

namespace akin {
namespace {

struct Count {
  std::uint32_t common = 0;
  void add(float, float) { ++common; }
  bool empty() const { return common == 0; }
};

/// The events with the number of their basket in place of the user, sorted by it;
/// events are sorted by (user, time). Baskets of later ranks have later numbers. Returns how many there are.
std::size_t number_baskets(std::vector<Event>& events, std::int64_t window, const Communicator& ranks) {
  std::size_t baskets = 0;
  idx_t user = 0;
  std::int64_t first = kNoTime;
  for (std::size_t e = 0; e < events.size(); ++e) {
    const bool same_user = e > 0 && events[e].user == user;
    const bool close =
        events[e].time == kNoTime ? first == kNoTime : first != kNoTime && events[e].time - first <= window;
    if (!same_user || (window > 0 && !close)) {
      ++baskets;
      first = events[e].time;
    }
    user = events[e].user;
    events[e].user = static_cast<idx_t>(baskets - 1);
  }
  const std::vector<std::size_t> counts = gather_all(ranks, std::span<const std::size_t>(&baskets, 1));
  const auto own = counts.begin() + ranks.rank();
  const auto before = static_cast<idx_t>(std::accumulate(counts.begin(), own, std::size_t{0}));
  for (Event& event : events) event.user += before;
  return std::accumulate(own, counts.end(), std::size_t{before});
}

}  // namespace

std::unique_ptr<Model> CoOccurrence::fit(const TrainingData& data, const Config& config,
                                         const Context& context) {
  context.check_stop();
  std::vector<Event> events = events_of_kind(data.events, config.kind, kName, context);
  const std::size_t n_baskets = number_baskets(events, config.window_seconds * kSecond, context.ranks());
  const Csr baskets =
      gather_csr(context.ranks(), akin::to_csr(events, n_baskets, data.n_items(), Repeats::kSum));
  const Csr items = transpose(baskets);
  const auto all = static_cast<double>(n_baskets);
  const auto least = static_cast<std::uint32_t>(config.min_overlap);
  const auto measure = [&](idx_t from, idx_t to, const Count& count) -> float {
    if (count.common < least) return 0;
    const double n = count.common;
    const auto n_from = static_cast<double>(items.row_size(from));
    const auto n_to = static_cast<double>(items.row_size(to));
    if (config.measure == "count") return static_cast<float>(n);
    if (config.measure == "confidence") return static_cast<float>(n / n_from);
    if (config.measure == "lift") return static_cast<float>(n * all / (n_from * n_to));
    return static_cast<float>(log_likelihood_ratio(n, n_from, n_to, all));
  };
  return std::unique_ptr<Model>(new CoOccurrence(
      nearest_rows<Count>(items, baskets, static_cast<std::size_t>(config.neighbors), context, measure)));
}

bool CoOccurrence::score_all(const Query& query, std::span<float> out) const {
  return lists_.score_all(weighted_history(query, false), out);
}

std::optional<Explanation> CoOccurrence::explain(const Query& query, idx_t item) const {
  return lists_.explain(weighted_history(query, false), item);
}

void CoOccurrence::save(TensorWriter& writer) const { write_csr(writer, "model.neighbors", lists_.lists()); }

std::unique_ptr<Model> CoOccurrence::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  return std::unique_ptr<Model>(
      new CoOccurrence(read_csr(reader, "model.neighbors", n_items, n_items, ColumnOrder::kAny)));
}

}  // namespace akin
