#include "akin/eval/ranking_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/format.h"

namespace akin {
namespace {

/// Marks which items a user is known to have, one user after the other.
class KnownItems {
 public:
  explicit KnownItems(std::size_t n_items) : had_by_(n_items, 0) {}
  void start(idx_t user, std::span<const Event> history) {
    user_ = user + 1;
    for (const Event& event : history) had_by_[event.item] = user_;
  }
  bool has(idx_t item) const { return had_by_[item] == user_; }

 private:
  std::vector<idx_t> had_by_;  // user + 1 who has the item, latest first
  idx_t user_ = 0;
};

/// Whether the item is among the candidates, if these are the cold items.
bool may_be_found(idx_t item, const RankingTask& task) {
  return task.options.candidates.kind != CandidateSpec::Kind::kCold || task.popularity[item] == 0;
}

/// One list for all of a user's held-out events.
void add_list(std::span<const Event> events, const KnownItems& known, RankingTask& task, Evaluation& result) {
  const std::size_t begin = task.held_out.size();
  for (const Event& event : events) {
    if (!may_be_found(event.item, task)) {
      ++result.warm_item_events;
    } else if (task.options.exclude_seen && known.has(event.item)) {
      ++result.repeated_events;
    } else {
      task.held_out.push_back(event.item);
    }
  }
  const auto first = task.held_out.begin() + static_cast<std::ptrdiff_t>(begin);
  std::sort(first, task.held_out.end());
  const auto last = std::unique(first, task.held_out.end());
  result.duplicate_events += static_cast<std::uint64_t>(task.held_out.end() - last);
  task.held_out.erase(last, task.held_out.end());
  if (task.held_out.size() > begin) {
    const Event& first_event = events.front();
    task.lists.push_back({first_event.user, begin, task.held_out.size(), {}, first_event.time});
  }
}

/// A list for each held-out event of a user.
void add_lists(std::span<const Event> events, RankingTask& task, Evaluation& result) {
  for (std::size_t e = 0; e < events.size(); ++e) {
    if (!may_be_found(events[e].item, task)) {
      ++result.warm_item_events;
      continue;
    }
    const std::size_t begin = task.held_out.size();
    task.held_out.push_back(events[e].item);
    task.lists.push_back({events[e].user, begin, begin + 1, events.first(e), events[e].time});
  }
}

/// Who is ranked against whom when candidates came with the files.
std::string given_protocol(const RankingTask& task, const std::string& all) {
  std::size_t with_candidates = 0, fewest = 0, most = 0;
  for (const RankedList& list : task.lists) {
    const std::size_t given = task.given_candidates_of(list.user).size();
    if (given == 0) continue;
    fewest = with_candidates == 0 ? given : std::min(fewest, given);
    most = std::max(most, given);
    ++with_candidates;
  }
  if (with_candidates == 0) return all;
  const std::string number = fewest == most ? format_count(most) : fmt::format("{} to {}", fewest, most);
  if (with_candidates == task.lists.size())
    return fmt::format("held-out items ranked against {} given negatives per user", number);
  return fmt::format("{} of {} users: held-out items ranked against {} given negatives; the others: {}",
                     format_count(with_candidates), format_count(task.lists.size()), number, all);
}

}  // namespace

ItemOrder::ItemOrder(const Matrix& all, std::size_t n_items, By by) : items(n_items) {
  std::iota(items.begin(), items.end(), idx_t{0});
  if (by == By::kIndex || all.empty()) return;
  // What a computed product can exceed the true one by: d roundings of terms of at most |u| |i| in all.
  const double slack = 1 + 4e-7 * static_cast<double>(all.cols());
  std::vector<float> of_item(n_items);
  for (std::size_t i = 0; i < n_items; ++i) {
    double sum = 0;
    for (const float x : all[i]) sum += static_cast<double>(x) * static_cast<double>(x);
    const auto length = static_cast<float>(std::sqrt(sum) * slack);
    of_item[i] = std::isnan(length) ? std::numeric_limits<float>::infinity() : length;
  }
  std::ranges::stable_sort(items, [&](idx_t a, idx_t b) { return of_item[a] > of_item[b]; });
  vectors = Matrix(n_items, all.cols());
  for (std::size_t i = 0; i < n_items; ++i) {
    std::ranges::copy(all[items[i]], vectors[i].begin());
    lengths.push_back(of_item[items[i]]);
  }
}

std::vector<std::span<const Event>> by_user(std::span<const Event> events) {
  std::vector<std::span<const Event>> users;
  for (std::size_t begin = 0; begin < events.size();) {
    std::size_t end = begin + 1;
    while (end < events.size() && events[end].user == events[begin].user) ++end;
    AKIN_ASSERT(end == events.size() || events[end].user > events[begin].user);
    users.push_back(events.subspan(begin, end - begin));
    begin = end;
  }
  return users;
}

void collect_held_out(std::span<const std::span<const Event>> test_users, RankingTask& task,
                      Evaluation& result) {
  KnownItems known(task.data.n_items());
  for (const std::span<const Event> events : test_users) {
    const idx_t user = events.front().user;
    const std::span<const Event> history = task.histories.of(user);
    known.start(user, history);
    const std::size_t lists = task.lists.size();
    if (task.options.each_event) {
      add_lists(events, task, result);
    } else {
      add_list(events, known, task, result);
    }
    if (task.lists.size() == lists) continue;
    ++result.users;
    result.cold_users += history.empty();
  }
  for (const idx_t item : task.held_out) result.cold_item_events += task.popularity[item] == 0;
  result.lists = task.lists.size();
}

std::string protocol_of(const RankingTask& task) {
  const EvaluateOptions& options = task.options;
  const std::string all =
      fmt::format("all {} items {}ranked, {}", format_count(task.n_items()),
                  task.options.candidates.kind == CandidateSpec::Kind::kCatalogue ? "of the catalogue " : "",
                  options.exclude_seen ? "training items excluded" : "seen items included");
  std::string text = given_protocol(task, all);
  if (options.candidates.kind == CandidateSpec::Kind::kCold) {
    text = fmt::format("the {} items without training events ranked",
                       format_count(static_cast<std::uint64_t>(std::ranges::count(task.popularity, 0.0F))));
  } else if (task.sampler.samples()) {
    const bool uniform = options.candidates.kind == CandidateSpec::Kind::kUniform;
    text = fmt::format("held-out items ranked against {} sampled negatives per list ({})",
                       format_count(options.candidates.count), uniform ? "uniform" : "by popularity");
  }
  if (options.each_event) text = "each event predicted from those before it: " + text;
  if (task.traits.uses_times && task.data.source.has_times())
    text += "; the time of a list's first held-out event is known";
  if (options.ties == Ties::kRandom) text += "; ties in random order";
  if (options.ties == Ties::kInFavour) text += "; ties in favour of the model";
  return text;
}

}  // namespace akin
