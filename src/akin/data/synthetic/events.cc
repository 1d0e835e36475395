#include "akin/data/synthetic/events.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin::synthetic {
namespace {

constexpr std::int64_t kDay = 86400;

/// Ascending times of n reviews within the data set's two years, a third more in December than in June.
std::vector<std::int64_t> make_times(std::size_t n, Rng& rng) {
  constexpr float kSwing = 0.15f;
  std::vector<std::int64_t> times(n);
  for (std::int64_t& time : times) {
    float weight = 0;
    do {
      time = kFirstDay + static_cast<std::int64_t>(rng.below(kDays * kDay));
      const float years = static_cast<float>(time - kFirstDay + 15 * kDay) / (365.0f * kDay);
      weight = 1 + kSwing * std::cos(2 * std::numbers::pi_v<float> * years);
    } while (rng.uniform_float() * (1 + kSwing) >= weight);
  }
  std::ranges::sort(times);
  for (std::size_t t = 1; t < n; ++t) times[t] = std::max(times[t], times[t - 1] + 1);
  return times;
}

/// The user's items in order: discoveries at random places, the rest as the user likes.
std::vector<idx_t> make_sequence(const World& world, std::size_t user, SeenItems& seen, Rng& rng) {
  const std::size_t count = world.user_events[user];
  const std::span<const idx_t> discoveries = world.discoveries(user);
  seen.next_user();
  for (const idx_t item : discoveries) seen.add(item);
  std::vector<idx_t> items;
  items.reserve(count);
  std::optional<idx_t> last;
  std::size_t discovered = 0;
  for (std::size_t t = 0; t < count; ++t) {
    const bool discovery = rng.below(count - t) < discoveries.size() - discovered;
    const idx_t item = discovery ? discoveries[discovered++] : world.draw_next(user, last, seen, rng);
    seen.add(item);
    items.push_back(item);
    last = item;
  }
  return items;
}

/// One line per step of a visit.
class SessionPrinter {
 public:
  SessionPrinter(const World& world, idx_t user, EventLines& lines)
      : world_(world), user_(user), lines_(lines), rng_(stream_of(world.seed, Purpose::kSessions, user)) {}

  /// As many visits as the shares say around one review: half of them end with buying the reviewed item, the
  /// others just look around.
  void print(const Review& review) {
    const double share = world_.config.session_share;
    const auto visits = static_cast<int>(share + rng_.uniform());
    for (int v = 0; v < visits; ++v) {
      start(review.time - static_cast<std::int64_t>(rng_.below(10 * kDay)) - kDay);
      if (rng_.below(2) == 0) {
        buy(review.item);
      } else {
        browse();
      }
    }
  }

 private:
  void start(std::int64_t time) {
    time_ = time;
    id_ = fmt::format("S{}-{}", world_.truth.users.id(user_).substr(1), ++number_);
    ++lines_.sessions_count;
  }

  void line(idx_t item, std::string_view kind) {
    std::string& out = lines_.sessions;
    out.append(id_).append("\t").append(world_.truth.items.id(item)).append("\t");
    append_number(time_, out);
    out.append("\t").append(kind).append("\n");
    time_ += 5 + static_cast<std::int64_t>(rng_.below(115));
    ++lines_.session_lines;
  }

  /// An item of the category near the user's taste and the item `near`.
  idx_t draw(idx_t category, idx_t near) {
    const std::span<const float> taste = world_.truth.user_taste[user_];
    alignas(64) float target[padded(kMaxStyles)] = {};
    blend(taste, world_.truth.item_style[near], {target, taste.size()});
    return world_.draw_item(category, target, nullptr, rng_).value_or(near);
  }

  void buy(idx_t wanted) {
    const idx_t category = world_.truth.category[wanted];
    for (std::uint64_t n = rng_.below(4); n > 0; --n) {
      const idx_t other = draw(category, wanted);
      if (other != wanted) line(other, "view");
    }
    line(wanted, "view");
    line(wanted, "cart");
    line(wanted, "purchase");
    if (rng_.uniform() < world_.config.sequence)
      line(draw(world_.truth.complement[category], wanted), "click");
  }

  void browse() {
    const idx_t category = world_.draw_category(user_, rng_);
    const auto first = world_.draw_item(category, world_.truth.user_taste.row(user_), nullptr, rng_);
    AKIN_ASSERT(first.has_value());  // users only like categories that have items
    idx_t item = *first;
    line(item, "view");
    for (std::uint64_t n = 1 + rng_.below(5); n > 0; --n) {
      const bool follows_link = rng_.uniform() < world_.config.sequence;
      const idx_t here = world_.truth.category[item];
      const idx_t next = draw(follows_link ? world_.truth.complement[here] : here, item);
      if (next == item) continue;
      line(next, follows_link ? "click" : "view");
      item = next;
    }
  }

  const World& world_;
  idx_t user_;
  EventLines& lines_;
  Rng rng_;
  std::string id_;
  std::int64_t time_ = 0;
  int number_ = 0;
};

}  // namespace

const EventLines& make_events(const World& world, const ReviewPrinter& printer, std::size_t begin,
                              std::size_t end, EventScratch& scratch) {
  EventLines& lines = scratch.lines;
  lines.reviews.clear();  // keeps the memory
  lines.sessions.clear();
  lines.events = lines.sessions_count = lines.session_lines = 0;
  for (std::size_t user = begin; user < end; ++user) {
    Rng rng = stream_of(world.seed, Purpose::kEvents, user);
    Rng text_rng = stream_of(world.seed, Purpose::kText, user);
    const std::vector<std::int64_t> times = make_times(world.user_events[user], rng);
    const std::vector<idx_t> items = make_sequence(world, user, scratch.seen, rng);
    SessionPrinter sessions(world, static_cast<idx_t>(user), lines);
    for (std::size_t t = 0; t < items.size(); ++t) {
      const double stars = world.truth.mean_rating(user, items[t]) + world.truth.rating_noise * rng.normal();
      const int rating = static_cast<int>(std::lround(std::clamp(stars, 1.0, 5.0)));
      const Review review = {static_cast<idx_t>(user), items[t], rating, times[t]};
      printer.append(review, text_rng, lines.reviews);
      if (world.config.session_share > 0) sessions.print(review);
    }
    lines.events += items.size();
  }
  return lines;
}

std::vector<std::size_t> user_ranges(const World& world, std::uint64_t events) {
  std::vector<std::size_t> bounds = {0};
  std::uint64_t sum = 0;
  for (std::size_t user = 0; user < world.n_users(); ++user) {
    sum += world.user_events[user];
    if (sum >= events || user + 1 == world.n_users()) {
      bounds.push_back(user + 1);
      sum = 0;
    }
  }
  return bounds;
}

}  // namespace akin::synthetic
