#include "akin/data/split/protocols.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/data/split/twins.h"
#include "akin/data/split_facts.h"

namespace akin {
namespace {

// Streams of random numbers: users have 32-bit numbers, everything else begins above them.
constexpr std::uint64_t kValidationStreams = std::uint64_t{1} << 32;
constexpr std::uint64_t kGroupStream = std::uint64_t{1} << 33;

// Of each user's training events, where the files have no validation.
constexpr double kGivenValidation = 0.1;

/// share(n) of split.h, but never all n: something stays in training.
std::size_t share_of(std::size_t n, double fraction) {
  if (n == 0) return 0;
  return std::min(static_cast<std::size_t>(std::lround(fraction * static_cast<double>(n))), n - 1);
}

/// How many of n sessions, items or users are taken: at least one, never all.
std::size_t groups_of(std::size_t n, double fraction) {
  return n < 2 ? 0 : std::max<std::size_t>(1, share_of(n, fraction));
}

/// The events' parts while they are chosen; all begin in training. Of several ranks each chooses for the events it has;
/// what depends on the events of others is counted over all of them.
class Chooser {
 public:
  Chooser(const Dataset& data, const SplitSpec& spec, const Communicator& ranks)
      : data_(data),
        spec_(spec),
        ranks_(ranks),
        offsets_(user_offsets(data.events, data.n_users())),
        counts_(data.n_users()),
        parts_(data.events.size(), Subset::kTrain) {
    for (std::size_t user = 0; user < counts_.size(); ++user)
      counts_[user] = offsets_[user + 1] - offsets_[user];
    add_over_ranks(ranks, std::span(counts_));
  }

  std::vector<Subset> run();

 private:
  std::span<Subset> of(std::size_t user) {
    return std::span(parts_).subspan(offsets_[user], offsets_[user + 1] - offsets_[user]);
  }
  bool has_moments() const;
  void none() {}
  void last();
  void ratio();
  void user_ratio();
  void time();
  void cut_time(Subset subset);
  std::int64_t time_at(std::uint64_t at, std::vector<std::int64_t>& times) const;
  void user_time();
  void fold();
  void given();
  void given_validation();
  void sessions();
  void cold_items();
  void cold_users();
  void last_basket();
  std::vector<idx_t> users_with(std::size_t least) const;
  void shuffle(std::vector<idx_t>& groups) const;
  std::vector<Subset> assign(const std::vector<idx_t>& order, std::size_t n_groups) const;
  void hold_out_users(const std::vector<Subset>& side, bool first_only);

  const Dataset& data_;
  const SplitSpec& spec_;
  const Communicator& ranks_;
  std::vector<std::uint64_t> offsets_;  // of events here, by user
  std::vector<std::uint64_t> counts_;   // events of each user, on whatever rank
  std::vector<Subset> parts_;
};

bool Chooser::has_moments() const {
  const EventOrder order = event_order(data_, ranks_);
  return order != EventOrder::kNone && order != EventOrder::kPositions;
}

void Chooser::last() {
  for (std::size_t user = 0; user < data_.n_users(); ++user) {
    const std::span<Subset> subsets = of(user);
    const std::size_t n = subsets.size();
    if (n >= 2) subsets[n - 1] = Subset::kTest;
    if (n >= 3 && spec_.validation) subsets[n - 2] = Subset::kValidation;
  }
}

void Chooser::ratio() {
  for (std::size_t user = 0; user < data_.n_users(); ++user) {
    Rng test(spec_.seed, user), validation(spec_.seed, kValidationStreams + user);
    for (Subset& subset : of(user)) {
      if (test.uniform() < spec_.fraction) {
        subset = Subset::kTest;
      } else if (spec_.validation && validation.uniform() < spec_.fraction) {
        subset = Subset::kValidation;
      }
    }
  }
}

void Chooser::user_ratio() {
  std::vector<std::size_t> order;
  for (std::size_t user = 0; user < data_.n_users(); ++user) {
    const std::span<Subset> subsets = of(user);
    order.resize(subsets.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Rng(spec_.seed, user).shuffle(std::span(order));
    const std::size_t test = share_of(order.size(), spec_.fraction);
    const std::size_t validation = spec_.validation ? share_of(order.size() - test, spec_.fraction) : 0;
    for (std::size_t i = 0; i < test + validation; ++i)
      subsets[order[i]] = i < test ? Subset::kTest : Subset::kValidation;
  }
}

void Chooser::time() {
  if (!has_times(data_, ranks_))
    fail(ErrorCode::kBadData, "{}: no event has a time; use --holdout last or ratio", data_.name);
  if (!has_moments()) {
    fail(ErrorCode::kBadData,
         "{}: its times are positions in each user's list (0, 1, 2 ...), so a time cut is impossible; use "
         "--holdout "
         "user-time or last",
         data_.name);
  }
  cut_time(Subset::kTest);
  if (spec_.validation) cut_time(Subset::kValidation);
}

/// Moves the events of training at or after the time that leaves F of them behind it;
/// events without a time stay.
void Chooser::cut_time(Subset subset) {
  std::vector<std::int64_t> times;
  for (std::size_t e = 0; e < parts_.size(); ++e) {
    if (parts_[e] == Subset::kTrain && data_.events[e].time != kNoTime) times.push_back(data_.events[e].time);
  }
  const std::uint64_t total = sum_over_ranks(ranks_, times.size());
  if (total == 0) return;
  const auto at =
      std::min(static_cast<std::uint64_t>(static_cast<double>(total) * (1 - spec_.fraction)), total - 1);
  const std::int64_t cut = time_at(at, times);
  for (std::size_t e = 0; e < parts_.size(); ++e) {
    if (parts_[e] == Subset::kTrain && data_.events[e].time >= cut) parts_[e] = subset;
  }
}

/// Number `at` of all ranks' times in order.
std::int64_t Chooser::time_at(std::uint64_t at, std::vector<std::int64_t>& times) const {
  if (ranks_.alone()) {
    const auto place = times.begin() + static_cast<std::ptrdiff_t>(at);
    std::ranges::nth_element(times, place);
    return *place;
  }
  std::ranges::sort(times);
  // The least time that more than `at` times reach or lie before.
  const auto up_to = [&](std::int64_t time) {
    return sum_over_ranks(ranks_,
                          static_cast<std::uint64_t>(std::ranges::upper_bound(times, time) - times.begin()));
  };
  std::int64_t low = std::numeric_limits<std::int64_t>::min(),
               high = std::numeric_limits<std::int64_t>::max();
  while (low < high) {
    const std::int64_t middle = std::midpoint(low, high);
    if (up_to(middle) > at) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

void Chooser::user_time() {
  if (!has_times(data_, ranks_))
    fail(ErrorCode::kBadData, "{}: no event has a time; use --holdout last or user-ratio", data_.name);
  for (std::size_t user = 0; user < data_.n_users(); ++user) {
    const std::span<Subset> subsets = of(user);
    const std::size_t test = share_of(subsets.size(), spec_.fraction);
    const std::size_t validation = spec_.validation ? share_of(subsets.size() - test, spec_.fraction) : 0;
    std::ranges::fill(subsets.last(test + validation), Subset::kValidation);
    std::ranges::fill(subsets.last(test), Subset::kTest);
  }
}

/// Users in random order, each user's events in random order, assigned one by one: the folds differ by at
/// most one event, in all and within every user.
void Chooser::fold() {
  const auto folds = static_cast<std::size_t>(spec_.folds), test = static_cast<std::size_t>(spec_.fold - 1);
  std::vector<idx_t> users = users_with(1);
  shuffle(users);
  std::vector<std::size_t> order;
  std::size_t assigned = 0;
  for (const idx_t user : users) {
    const std::span<Subset> subsets = of(user);
    if (subsets.empty()) assigned += counts_[user];  // on another rank
    order.resize(subsets.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Rng(spec_.seed, user).shuffle(std::span(order));
    for (const std::size_t event : order) {
      const std::size_t fold = assigned++ % folds;
      if (fold == test) subsets[event] = Subset::kTest;
      if (fold == (test + 1) % folds && spec_.validation) subsets[event] = Subset::kValidation;
    }
  }
}

void Chooser::given() {
  if (!has_given_split(data_, ranks_)) {
    fail(ErrorCode::kBadData, "{}: came without a split; use --holdout last, ratio or time", data_.name);
  }
  bool has_validation = false;
  for (std::size_t e = 0; e < parts_.size(); ++e) {
    const Subset subset = data_.events[e].subset;
    has_validation |= subset == Subset::kValidation;
    parts_[e] = subset == Subset::kValidation && !spec_.validation ? Subset::kTrain : subset;
  }
  has_validation = sum_over_ranks(ranks_, has_validation ? 1 : 0) > 0;
  if (spec_.validation && !has_validation) given_validation();
}

void Chooser::given_validation() {
  bool leave_one_out = true;
  for (std::size_t user = 0; user < data_.n_users(); ++user)
    leave_one_out &= std::ranges::count(of(user), Subset::kTest) <= 1;
  leave_one_out = sum_over_ranks(ranks_, leave_one_out ? 0 : 1) == 0;
  std::vector<std::size_t> training;  // positions among the user's events, oldest first
  for (std::size_t user = 0; user < data_.n_users(); ++user) {
    const std::span<Subset> subsets = of(user);
    training.clear();
    for (std::size_t i = 0; i < subsets.size(); ++i) {
      if (subsets[i] == Subset::kTrain) training.push_back(i);
    }
    if (leave_one_out) {
      if (training.size() >= 2) subsets[training.back()] = Subset::kValidation;
      continue;
    }
    Rng(spec_.seed, kValidationStreams + user).shuffle(std::span(training));
    for (std::size_t i = 0; i < share_of(training.size(), kGivenValidation); ++i)
      subsets[training[i]] = Subset::kValidation;
  }
}

void Chooser::sessions() {
  std::vector<idx_t> order = users_with(1);
  if (has_moments()) {
    std::vector<std::int64_t> ends(data_.n_users(), 0);
    for (std::size_t user = 0; user < ends.size(); ++user) {
      if (!of(user).empty()) ends[user] = data_.events[offsets_[user + 1] - 1].time;
    }
    add_over_ranks(ranks_, std::span(ends));
    std::ranges::sort(order, std::ranges::greater(), [&](idx_t user) { return std::pair(ends[user], user); });
  } else {
    shuffle(order);
  }
  hold_out_users(assign(order, data_.n_users()), /*first_only=*/true);
}

void Chooser::cold_users() {
  std::vector<idx_t> order = users_with(2);
  shuffle(order);
  hold_out_users(assign(order, data_.n_users()), /*first_only=*/false);
}

void Chooser::cold_items() {
  std::vector<std::uint32_t> used(data_.n_items(), 0);
  for (const Event& event : data_.events) used[event.item] = 1;
  add_over_ranks(ranks_, std::span(used));
  std::vector<idx_t> order;
  for (std::size_t item = 0; item < used.size(); ++item) {
    if (used[item] > 0) order.push_back(static_cast<idx_t>(item));
  }
  shuffle(order);
  std::vector<Subset> side = assign(order, data_.n_items());
  if (data_.item_attributes.find(kTwinAttribute) != nullptr) {
    for (std::size_t item = 0; item < side.size(); ++item) {
      const auto twin = data_.items.find(data_.item_attributes.get(kTwinAttribute, item));
      if (twin && used[*twin] > 0) side[item] = side[*twin];
    }
  }
  for (std::size_t e = 0; e < parts_.size(); ++e) parts_[e] = side[data_.events[e].item];
}

void Chooser::last_basket() {
  if (!has_moments()) {
    fail(ErrorCode::kBadData,
         "{}: the events have no times that say what was bought together; use --holdout last or user-ratio",
         data_.name);
  }
  for (std::size_t user = 0; user < data_.n_users(); ++user) {
    const std::span<Subset> subsets = of(user);
    const Event* const events = data_.events.data() + offsets_[user];
    std::size_t end = subsets.size();
    for (const Subset subset : {Subset::kTest, Subset::kValidation}) {
      if (end == 0 || (subset == Subset::kValidation && !spec_.validation)) break;
      std::size_t begin = end - 1;
      while (begin > 0 && events[begin - 1].time == events[end - 1].time) --begin;
      if (begin == 0 || events[begin].time == kNoTime) break;  // the first one is there to learn from
      std::ranges::fill(subsets.subspan(begin, end - begin), subset);
      end = begin;
    }
  }
}

std::vector<idx_t> Chooser::users_with(std::size_t least) const {
  std::vector<idx_t> users;
  for (std::size_t user = 0; user < data_.n_users(); ++user) {
    if (counts_[user] >= least) users.push_back(static_cast<idx_t>(user));
  }
  return users;
}

void Chooser::shuffle(std::vector<idx_t>& groups) const {
  Rng(spec_.seed, kGroupStream).shuffle(std::span(groups));
}

/// The side of each of `n_groups` groups: the first F of `order` are test, F of the rest validation.
std::vector<Subset> Chooser::assign(const std::vector<idx_t>& order, std::size_t n_groups) const {
  std::vector<Subset> side(n_groups, Subset::kTrain);
  const std::size_t test = groups_of(order.size(), spec_.fraction);
  const std::size_t validation = spec_.validation ? groups_of(order.size() - test, spec_.fraction) : 0;
  for (std::size_t i = 0; i < test + validation; ++i)
    side[order[i]] = i < test ? Subset::kTest : Subset::kValidation;
  return side;
}

/// The first event of each held-out user is history, else their earlier half.
void Chooser::hold_out_users(const std::vector<Subset>& side, bool first_only) {
  for (std::size_t user = 0; user < side.size(); ++user) {
    const std::span<Subset> subsets = of(user);
    if (side[user] == Subset::kTrain || subsets.empty()) continue;
    std::ranges::fill(subsets, side[user]);
    std::ranges::fill(subsets.first(first_only ? 1 : subsets.size() / 2), Subset::kHistory);
  }
}

std::vector<Subset> Chooser::run() {
  constexpr std::array<void (Chooser::*)(), 12> kRules = {
      // in the order of Holdout
      &Chooser::none,     &Chooser::last,       &Chooser::ratio,      &Chooser::user_ratio,
      &Chooser::time,     &Chooser::user_time,  &Chooser::fold,       &Chooser::given,
      &Chooser::sessions, &Chooser::cold_items, &Chooser::cold_users, &Chooser::last_basket};
  (this->*kRules.at(static_cast<std::size_t>(spec_.holdout)))();
  return std::move(parts_);
}

}  // namespace

std::vector<Subset> choose_subsets(const Dataset& data, const SplitSpec& spec, const Communicator& ranks) {
  return Chooser(data, spec, ranks).run();
}

}  // namespace akin
