#include "akin/data/split.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"none", "last", "ratio", "time", "given"};

bool takes_fraction(Holdout holdout) { return holdout == Holdout::kRatio || holdout == Holdout::kTime; }

/// held_out[e] for each event.
std::vector<char> choose_last(const Dataset& data) {
  std::vector<char> held_out(data.events.size(), 0);
  for (std::size_t e = 0; e < data.events.size(); ++e) {
    const bool is_last = e + 1 == data.events.size() || data.events[e + 1].user != data.events[e].user;
    const bool is_first = e == 0 || data.events[e - 1].user != data.events[e].user;
    held_out[e] = is_last && !is_first;
  }
  return held_out;
}

std::vector<char> choose_ratio(const Dataset& data, const SplitSpec& spec) {
  std::vector<char> held_out(data.events.size(), 0);
  std::size_t e = 0;
  for (std::size_t user = 0; user < data.n_users(); ++user) {
    Rng rng(spec.seed, user);
    for (; e < data.events.size() && data.events[e].user == user; ++e)
      held_out[e] = rng.uniform() < spec.fraction;
  }
  return held_out;
}

/// Events at or after the time that leaves `fraction` of them behind it; events without a time stay in
/// training.
std::vector<char> choose_time(const Dataset& data, const SplitSpec& spec) {
  std::vector<std::int64_t> times;
  for (const Event& event : data.events) {
    if (event.time != kNoTime) times.push_back(event.time);
  }
  if (times.empty())
    fail(ErrorCode::kBadData, "{}: no event has a time; use --holdout last or ratio", data.name);
  const auto at = static_cast<std::size_t>(static_cast<double>(times.size()) * (1 - spec.fraction));
  const auto cut = times.begin() + static_cast<std::ptrdiff_t>(std::min(at, times.size() - 1));
  std::ranges::nth_element(times, cut);
  std::vector<char> held_out(data.events.size(), 0);
  for (std::size_t e = 0; e < data.events.size(); ++e) held_out[e] = data.events[e].time >= *cut;
  return held_out;
}

std::vector<char> choose_given(const Dataset& data) {
  if (!data.has_given_split()) {
    fail(ErrorCode::kBadData, "{}: came without a split; use --holdout last, ratio or time", data.name);
  }
  std::vector<char> held_out(data.events.size(), 0);
  for (std::size_t e = 0; e < data.events.size(); ++e) held_out[e] = data.events[e].part == Part::kTest;
  return held_out;
}

std::vector<char> choose(const Dataset& data, const SplitSpec& spec) {
  switch (spec.holdout) {
    case Holdout::kLast:
      return choose_last(data);
    case Holdout::kRatio:
      return choose_ratio(data, spec);
    case Holdout::kTime:
      return choose_time(data, spec);
    case Holdout::kGiven:
      return choose_given(data);
    default:
      return std::vector<char>(data.events.size(), 0);
  }
}

}  // namespace

SplitSpec parse_split(std::string_view text, std::uint64_t seed) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) {
    const std::vector<std::string> names(kNames.begin(), kNames.end());
    fail(ErrorCode::kUsage, "unknown holdout '{}'{}; there are: {}", text, did_you_mean(name, names),
         fmt::join(names, ", "));
  }
  SplitSpec spec;
  spec.holdout = static_cast<Holdout>(found - kNames.begin());
  spec.seed = seed;
  if (colon == std::string_view::npos) return spec;
  const std::string_view number = text.substr(colon + 1);
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, spec.fraction);
  const bool valid = error == std::errc() && stop == end && spec.fraction > 0 && spec.fraction < 1;
  if (!takes_fraction(spec.holdout) || !valid) {
    fail(ErrorCode::kUsage,
         "holdout '{}': expected a share between 0 and 1 after ratio: or time:, such as ratio:0.2", text);
  }
  return spec;
}

std::string to_string(const SplitSpec& spec) {
  std::string text(kNames[static_cast<std::size_t>(spec.holdout)]);
  if (takes_fraction(spec.holdout)) text += fmt::format(":{}", spec.fraction);
  return text;
}

Split split_events(const Dataset& data, const SplitSpec& spec) {
  const std::vector<char> held_out = choose(data, spec);
  Split split{spec, {}, {}};
  for (std::size_t e = 0; e < data.events.size(); ++e) {
    (held_out[e] ? split.test : split.train).push_back(data.events[e]);
  }
  if (split.train.empty())
    fail(ErrorCode::kBadData, "{}: holdout {} leaves nothing to train on", data.name, to_string(spec));
  if (split.test.empty() && spec.holdout != Holdout::kNone) {
    fail(ErrorCode::kBadData, "{}: holdout {} holds nothing out; use another, or --holdout none", data.name,
         to_string(spec));
  }
  return split;
}

}  // namespace akin
