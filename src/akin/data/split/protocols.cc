#include "akin/data/split/protocols.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

#include "akin/base/error.h"
#include "akin/base/rng.h"

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

/// What the times of events are: unknown, places 0, 1, 2 ... in each user's list (lists and pairs),
/// or moments.
enum class Clock { kNone, kPlaces, kMoments };

/// The events' parts while they are chosen; all begin in training.
class Chooser {
 public:
  Chooser(const Dataset& data, const SplitSpec& spec)
      : data_(data),
        spec_(spec),
        offsets_(user_offsets(data.events, data.n_users())),
        parts_(data.events.size(), Part::kTrain) {}

  std::vector<Part> run();

 private:
  std::span<Part> of(std::size_t user) {
    return std::span(parts_).subspan(offsets_[user], offsets_[user + 1] - offsets_[user]);
  }
  Clock clock() const;
  void none() {}
  void last();
  void ratio();
  void user_ratio();
  void time();
  void cut_time(Part part);
  void user_time();
  void fold();
  void given();
  void given_validation();
  void sessions();
  void cold_items();
  void cold_users();
  std::vector<idx_t> users_with(std::size_t least) const;
  void shuffle(std::vector<idx_t>& groups) const;
  std::vector<Part> deal(const std::vector<idx_t>& order, std::size_t n_groups) const;
  void hold_out_users(const std::vector<Part>& side, bool first_only);

  const Dataset& data_;
  const SplitSpec& spec_;
  std::vector<std::uint64_t> offsets_;  // of events, by user
  std::vector<Part> parts_;
};

/// Places begin at 0 for every user, moments (seconds since 1970) for hardly any.
Clock Chooser::clock() const {
  if (!data_.has_times()) return Clock::kNone;
  std::size_t users = 0, from_zero = 0;
  for (std::size_t user = 0; user < data_.n_users(); ++user) {
    const auto events = std::span(data_.events).subspan(offsets_[user], offsets_[user + 1] - offsets_[user]);
    users += !events.empty();
    from_zero += std::ranges::any_of(events, [](const Event& event) { return event.time == 0; });
  }
  return from_zero >= 2 && 2 * from_zero > users ? Clock::kPlaces : Clock::kMoments;
}

void Chooser::last() {
  for (std::size_t user = 0; user < data_.n_users(); ++user) {
    const std::span<Part> parts = of(user);
    const std::size_t n = parts.size();
    if (n >= 2) parts[n - 1] = Part::kTest;
    if (n >= 3 && spec_.validation) parts[n - 2] = Part::kValidation;
  }
}

void Chooser::ratio() {
  for (std::size_t user = 0; user < data_.n_users(); ++user) {
    Rng test(spec_.seed, user), validation(spec_.seed, kValidationStreams + user);
    for (Part& part : of(user)) {
      if (test.uniform() < spec_.fraction) {
        part = Part::kTest;
      } else if (spec_.validation && validation.uniform() < spec_.fraction) {
        part = Part::kValidation;
      }
    }
  }
}

void Chooser::user_ratio() {
  std::vector<std::size_t> order;
  for (std::size_t user = 0; user < data_.n_users(); ++user) {
    const std::span<Part> parts = of(user);
    order.resize(parts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Rng(spec_.seed, user).shuffle(std::span(order));
    const std::size_t test = share_of(order.size(), spec_.fraction);
    const std::size_t validation = spec_.validation ? share_of(order.size() - test, spec_.fraction) : 0;
    for (std::size_t i = 0; i < test + validation; ++i)
      parts[order[i]] = i < test ? Part::kTest : Part::kValidation;
  }
}

void Chooser::time() {
  const Clock times = clock();
  if (times == Clock::kNone)
    fail(ErrorCode::kBadData, "{}: no event has a time; use --holdout last or ratio", data_.name);
  if (times == Clock::kPlaces) {
    fail(ErrorCode::kBadData,
         "{}: its times are places in each user's list (0, 1, 2 ...), which no moment can cut; use --holdout "
         "user-time or last",
         data_.name);
  }
  cut_time(Part::kTest);
  if (spec_.validation) cut_time(Part::kValidation);
}

/// Moves the events of training at or after the time that leaves F of them behind it;
/// events without a time stay.
void Chooser::cut_time(Part part) {
  std::vector<std::int64_t> times;
  for (std::size_t e = 0; e < parts_.size(); ++e) {
    if (parts_[e] == Part::kTrain && data_.events[e].time != kNoTime) times.push_back(data_.events[e].time);
  }
  if (times.empty()) return;
  const auto at = static_cast<std::size_t>(static_cast<double>(times.size()) * (1 - spec_.fraction));
  const auto cut = times.begin() + static_cast<std::ptrdiff_t>(std::min(at, times.size() - 1));
  std::ranges::nth_element(times, cut);
  for (std::size_t e = 0; e < parts_.size(); ++e) {
    if (parts_[e] == Part::kTrain && data_.events[e].time >= *cut) parts_[e] = part;
  }
}

void Chooser::user_time() {
  if (clock() == Clock::kNone)
    fail(ErrorCode::kBadData, "{}: no event has a time; use --holdout last or user-ratio", data_.name);
  for (std::size_t user = 0; user < data_.n_users(); ++user) {
    const std::span<Part> parts = of(user);
    const std::size_t test = share_of(parts.size(), spec_.fraction);
    const std::size_t validation = spec_.validation ? share_of(parts.size() - test, spec_.fraction) : 0;
    std::ranges::fill(parts.last(test + validation), Part::kValidation);
    std::ranges::fill(parts.last(test), Part::kTest);
  }
}

/// Users in random order, each user's events in random order, dealt one by one: the folds differ by at most
/// one event, in all and within every user.
void Chooser::fold() {
  const auto folds = static_cast<std::size_t>(spec_.folds), test = static_cast<std::size_t>(spec_.fold - 1);
  std::vector<idx_t> users = users_with(1);
  shuffle(users);
  std::vector<std::size_t> order;
  std::size_t dealt = 0;
  for (const idx_t user : users) {
    const std::span<Part> parts = of(user);
    order.resize(parts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Rng(spec_.seed, user).shuffle(std::span(order));
    for (const std::size_t event : order) {
      const std::size_t fold = dealt++ % folds;
      if (fold == test) parts[event] = Part::kTest;
      if (fold == (test + 1) % folds && spec_.validation) parts[event] = Part::kValidation;
    }
  }
}

void Chooser::given() {
  if (!data_.has_given_split()) {
    fail(ErrorCode::kBadData, "{}: came without a split; use --holdout last, ratio or time", data_.name);
  }
  bool has_validation = false;
  for (std::size_t e = 0; e < parts_.size(); ++e) {
    const Part part = data_.events[e].part;
    has_validation |= part == Part::kValidation;
    parts_[e] = part == Part::kValidation && !spec_.validation ? Part::kTrain : part;
  }
  if (spec_.validation && !has_validation) given_validation();
}

void Chooser::given_validation() {
  bool leave_one_out = true;
  for (std::size_t user = 0; user < data_.n_users(); ++user)
    leave_one_out &= std::ranges::count(of(user), Part::kTest) <= 1;
  std::vector<std::size_t> training;  // places among the user's events, oldest first
  for (std::size_t user = 0; user < data_.n_users(); ++user) {
    const std::span<Part> parts = of(user);
    training.clear();
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i] == Part::kTrain) training.push_back(i);
    }
    if (leave_one_out) {
      if (training.size() >= 2) parts[training.back()] = Part::kValidation;
      continue;
    }
    Rng(spec_.seed, kValidationStreams + user).shuffle(std::span(training));
    for (std::size_t i = 0; i < share_of(training.size(), kGivenValidation); ++i)
      parts[training[i]] = Part::kValidation;
  }
}

void Chooser::sessions() {
  std::vector<idx_t> order = users_with(1);
  if (clock() == Clock::kMoments) {
    const auto end = [&](idx_t user) { return std::pair(data_.events[offsets_[user + 1] - 1].time, user); };
    std::ranges::sort(order, std::ranges::greater(), end);
  } else {
    shuffle(order);
  }
  hold_out_users(deal(order, data_.n_users()), /*first_only=*/true);
}

void Chooser::cold_users() {
  std::vector<idx_t> order = users_with(2);
  shuffle(order);
  hold_out_users(deal(order, data_.n_users()), /*first_only=*/false);
}

void Chooser::cold_items() {
  std::vector<char> used(data_.n_items(), 0);
  for (const Event& event : data_.events) used[event.item] = 1;
  std::vector<idx_t> order;
  for (std::size_t item = 0; item < used.size(); ++item) {
    if (used[item]) order.push_back(static_cast<idx_t>(item));
  }
  shuffle(order);
  const std::vector<Part> side = deal(order, data_.n_items());
  for (std::size_t e = 0; e < parts_.size(); ++e) parts_[e] = side[data_.events[e].item];
}

std::vector<idx_t> Chooser::users_with(std::size_t least) const {
  std::vector<idx_t> users;
  for (std::size_t user = 0; user < data_.n_users(); ++user) {
    if (offsets_[user + 1] - offsets_[user] >= least) users.push_back(static_cast<idx_t>(user));
  }
  return users;
}

void Chooser::shuffle(std::vector<idx_t>& groups) const {
  Rng(spec_.seed, kGroupStream).shuffle(std::span(groups));
}

/// The side of each of `n_groups` groups: the first F of `order` are test, F of the rest validation.
std::vector<Part> Chooser::deal(const std::vector<idx_t>& order, std::size_t n_groups) const {
  std::vector<Part> side(n_groups, Part::kTrain);
  const std::size_t test = groups_of(order.size(), spec_.fraction);
  const std::size_t validation = spec_.validation ? groups_of(order.size() - test, spec_.fraction) : 0;
  for (std::size_t i = 0; i < test + validation; ++i)
    side[order[i]] = i < test ? Part::kTest : Part::kValidation;
  return side;
}

/// The first event of each held-out user is history, else their earlier half.
void Chooser::hold_out_users(const std::vector<Part>& side, bool first_only) {
  for (std::size_t user = 0; user < side.size(); ++user) {
    const std::span<Part> parts = of(user);
    if (side[user] == Part::kTrain || parts.empty()) continue;
    std::ranges::fill(parts, side[user]);
    std::ranges::fill(parts.first(first_only ? 1 : parts.size() / 2), Part::kHistory);
  }
}

std::vector<Part> Chooser::run() {
  constexpr std::array<void (Chooser::*)(), 11> kRules = {
      // in the order of Holdout
      &Chooser::none,     &Chooser::last,       &Chooser::ratio,     &Chooser::user_ratio,
      &Chooser::time,     &Chooser::user_time,  &Chooser::fold,      &Chooser::given,
      &Chooser::sessions, &Chooser::cold_items, &Chooser::cold_users};
  (this->*kRules.at(static_cast<std::size_t>(spec_.holdout)))();
  return std::move(parts_);
}

}  // namespace

std::vector<Part> choose_parts(const Dataset& data, const SplitSpec& spec) {
  return Chooser(data, spec).run();
}

}  // namespace akin
