#include "akin/data/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/data/split/protocols.h"
#include "akin/data/split_facts.h"

namespace akin {
namespace {

constexpr int kMostFolds = 1000;

/// The text form of a protocol, in the order of Holdout.
struct Form {
  std::string_view name;
  double fraction = 0;  ///< F if it is left out; 0 = the protocol takes none
};
constexpr std::array<Form, 12> kForms = {{{"none"},
                                          {"last"},
                                          {"ratio", 0.2},
                                          {"user-ratio", 0.2},
                                          {"time", 0.2},
                                          {"user-time", 0.2},
                                          {"fold"},
                                          {"given"},
                                          {"sessions", 0.1},
                                          {"cold-items", 0.1},
                                          {"cold-users", 0.1},
                                          {"last-basket"}}};

const Form& form_of(Holdout holdout) { return kForms[static_cast<std::size_t>(holdout)]; }

/// The whole text as a number, or nothing.
template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

void parse_fold(std::string_view text, std::string_view argument, SplitSpec& spec) {
  const std::size_t slash = std::min(argument.find('/'), argument.size());
  const auto fold = number_of<int>(argument.substr(0, slash));
  const auto folds = number_of<int>(argument.substr(std::min(slash + 1, argument.size())));
  if (!fold || !folds || *folds < 2 || *folds > kMostFolds || *fold < 1 || *fold > *folds) {
    fail(ErrorCode::kUsage,
         "holdout '{}': expected fold:I/K, fold I of K, with K from 2 to {} and I from 1 to K, "
         "such as fold:1/5",
         text, kMostFolds);
  }
  spec.fold = *fold;
  spec.folds = *folds;
}

void parse_fraction(std::string_view text, std::string_view argument, SplitSpec& spec) {
  const auto fraction = number_of<double>(argument);
  if (!fraction || !(*fraction > 0 && *fraction < 1)) {
    const std::string_view name = form_of(spec.holdout).name;
    fail(ErrorCode::kUsage, "holdout '{}': expected a share between 0 and 1 after {}:, such as {}:{}", text,
         name, name, form_of(spec.holdout).fraction);
  }
  spec.fraction = *fraction;
}

void check_sides(const Dataset& data, const Split& split, const Communicator& ranks) {
  std::size_t sizes[] = {split.train.size(), split.validation.size(), split.test.size()};
  add_over_ranks<std::size_t>(ranks, sizes);
  const auto [train, validation, test] = sizes;
  const std::string name = to_string(split.spec);
  if (train == 0) {
    fail(ErrorCode::kBadData, "{}: holdout {}{} leaves nothing to train on", data.name, name,
         split.spec.validation ? " with a validation set" : "");
  }
  if (split.spec.holdout == Holdout::kNone) return;
  if (test == 0) {
    fail(ErrorCode::kBadData, "{}: holdout {} holds nothing out; use another, or --holdout none", data.name,
         name);
  }
  if (split.spec.validation && validation == 0) {
    fail(ErrorCode::kBadData,
         "{}: holdout {} leaves nothing for a validation set; leave out --validation, or use another holdout",
         data.name, name);
  }
}

}  // namespace

SplitSpec parse_split(std::string_view text, std::uint64_t seed) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (name == "folds") {
    fail(ErrorCode::kUsage,
         "holdout '{}' is several splits, one after the other; here one is needed, such as fold:1/5", text);
  }
  const auto found = std::ranges::find(kForms, name, &Form::name);
  if (found == kForms.end()) {
    std::vector<std::string> names;
    for (const Form& form : kForms) names.emplace_back(form.name);
    fail(ErrorCode::kUsage, "unknown holdout '{}'{}; there are: {}", text, did_you_mean(name, names),
         fmt::join(names, ", "));
  }
  SplitSpec spec;
  spec.holdout = static_cast<Holdout>(found - kForms.begin());
  spec.seed = seed;
  if (found->fraction > 0) spec.fraction = found->fraction;
  if (spec.holdout == Holdout::kFold) {
    parse_fold(text, colon == std::string_view::npos ? "" : text.substr(colon + 1), spec);
  } else if (colon != std::string_view::npos) {
    if (found->fraction == 0) fail(ErrorCode::kUsage, "holdout '{}': {} takes no value", text, name);
    parse_fraction(text, text.substr(colon + 1), spec);
  }
  return spec;
}

std::vector<SplitSpec> parse_protocol(std::string_view text, std::uint64_t seed) {
  const std::size_t colon = text.find(':');
  if (text.substr(0, colon) != "folds") return {parse_split(text, seed)};
  const auto folds = colon == std::string_view::npos ? 5 : number_of<int>(text.substr(colon + 1));
  if (!folds || *folds < 2 || *folds > kMostFolds) {
    fail(ErrorCode::kUsage, "holdout '{}': expected a number of folds from 2 to {}, such as folds:5", text,
         kMostFolds);
  }
  std::vector<SplitSpec> specs;
  for (int fold = 1; fold <= *folds; ++fold) {
    specs.push_back({.holdout = Holdout::kFold, .seed = seed, .fold = fold, .folds = *folds});
  }
  return specs;
}

SplitSpec choose_split(std::string_view holdout, const Dataset& data, std::uint64_t seed,
                       const Communicator& ranks) {
  if (!holdout.empty()) return parse_split(holdout, seed);
  if (has_given_split(data, ranks)) return {.holdout = Holdout::kGiven, .seed = seed};
  switch (event_order(data, ranks)) {
    case EventOrder::kNone:
    case EventOrder::kBaskets:
      return parse_split("user-ratio", seed);
    case EventOrder::kSessions:
      return parse_split("sessions", seed);
    default:
      return parse_split("last", seed);
  }
}

std::vector<SplitSpec> choose_splits(std::string_view holdout, const Dataset& data, std::uint64_t seed) {
  if (!holdout.empty()) return parse_protocol(holdout, seed);
  return {choose_split(holdout, data, seed)};
}

std::string to_string(const SplitSpec& spec) {
  const Form& form = form_of(spec.holdout);
  if (spec.holdout == Holdout::kFold) return fmt::format("{}:{}/{}", form.name, spec.fold, spec.folds);
  return form.fraction > 0 ? fmt::format("{}:{}", form.name, spec.fraction) : std::string(form.name);
}

Split split_events(const Dataset& data, const SplitSpec& spec, const Communicator& ranks) {
  if (spec.validation && spec.holdout == Holdout::kNone) {
    fail(ErrorCode::kUsage,
         "a validation set is cut like the test set, and holdout none has none; use another holdout");
  }
  Split split;
  split.spec = spec;
  split.subsets = choose_subsets(data, spec, ranks);
  const std::array<std::vector<Event>*, 4> sides = {&split.train, &split.validation, &split.test,
                                                    &split.history};
  for (std::size_t e = 0; e < data.events.size(); ++e) {
    std::vector<Event>& side = *sides[static_cast<std::size_t>(split.subsets[e])];
    side.push_back(data.events[e]);
    side.back().subset = split.subsets[e];
  }
  check_sides(data, split, ranks);
  return split;
}

std::vector<Event> known_events(const Split& split) {
  std::vector<Event> known;
  known.reserve(split.train.size() + split.validation.size() + split.history.size());
  std::size_t train = 0, validation = 0, history = 0;
  for (const Subset subset : split.subsets) {
    if (subset == Subset::kTrain) known.push_back(split.train[train++]);
    if (subset == Subset::kValidation) known.push_back(split.validation[validation++]);
    if (subset == Subset::kHistory) known.push_back(split.history[history++]);
  }
  return known;
}

}  // namespace akin
