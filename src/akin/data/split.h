// Holding out events for evaluation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/dataset.h"

namespace akin {

/// How events are held out: the protocol. A user's n events are taken in the order of the data set, by time.
/// share(n) = F n rounded to the nearest whole number, halves up.
enum class Holdout {
  kNone,       ///< nothing: train on everything
  kLast,       ///< each user's last event, of users with at least two
  kRatio,      ///< each event with probability F, independently, by seed
  kUserRatio,  ///< of each user min(share(n), n - 1) events at random, by seed
  kTime,       ///< the latest F of all events: one global cut, no future in training
  kUserTime,   ///< of each user the latest min(share(n), n - 1) events
  kFold,  ///< fold I of K: each user's events, in random order, are assigned to the folds one after the other
  kGiven,      ///< the split that came with the files
  kSessions,   ///< users are sessions: of the latest F of them the first event is history, the others test
  kColdItems,  ///< all events of F of the items, by seed
  kColdUsers,  ///< F of the users with at least two events, by seed: earlier half history, later half test
  kLastBasket,  ///< each user's last basket, all events at their latest time, of users with events at two times
};

struct SplitSpec {
  Holdout holdout = Holdout::kLast;
  double fraction = 0.2;  ///< F of kRatio, kUserRatio, kTime, kUserTime, kSessions, kColdItems, kColdUsers
  std::uint64_t seed = 42;
  bool validation = false;  ///< also cut a validation part, from what the test part leaves
  int fold = 1, folds = 5;  ///< kFold: I and K, 1 <= I <= K
  friend bool operator==(const SplitSpec&, const SplitSpec&) = default;
};

/// "none", "last", "ratio:F", "user-ratio:F", "time:F", "user-time:F", "fold:I/K", "given", "sessions:F",
/// "cold-items:F", "cold-users:F", "last-basket", with F in (0, 1) and 2 <= K <= 1000. F may be left out: 0.2, for sessions
/// and cold-* 0.1. Throws Error(kUsage) with the nearest names.
SplitSpec parse_split(std::string_view text, std::uint64_t seed);
/// The splits of one experiment: "folds:K" (K left out: 5) gives fold:1/K ... fold:K/K, everything else the
/// one split of parse_split().
std::vector<SplitSpec> parse_protocol(std::string_view text, std::uint64_t seed);
/// What parse_split() makes of `holdout`; of "": the split that came with the files,
/// else each user's last event.
SplitSpec choose_split(std::string_view holdout, const Dataset& data, std::uint64_t seed,
                       const Communicator& ranks = alone());
/// The same where an experiment may have several splits: what parse_protocol() makes of it.
std::vector<SplitSpec> choose_splits(std::string_view holdout, const Dataset& data, std::uint64_t seed);
/// Reads back with parse_split(); neither the seed nor the validation part are in it.
std::string to_string(const SplitSpec& spec);

/// Every event of the data set is on exactly one side. Each side is in the order of the data set, sorted by
/// (user, time), and Event::part of its events says which side it is.
struct Split {
  SplitSpec spec;
  std::vector<Event> train;       ///< what models are fitted to
  std::vector<Event> validation;  ///< to choose parameters by; empty unless spec.validation
  std::vector<Event> test;        ///< to report figures on
  std::vector<Event> history;     ///< shown to a model when it is asked, never trained on
  std::vector<Subset> subsets;    ///< the side of each event of the data set, in its order
};

/// Same data, spec and seed, same split; the test part is the same with and without a validation part. The
/// validation part is cut from the rest in the same way as the test part (kLast, kLastBasket: the second-last event or basket of
/// users with three; kFold: fold (I mod K) + 1; kSessions, kCold*: other sessions, items, users, their
/// history is history too; kGiven: the validation events of the files; if they have none, each user's last
/// training event where the test part has one event per user, else user-ratio:0.1 of the training part).
/// Without a validation part those of the files are trained on. Cost: O(events log events).
///
/// Throws Error(kBadData) if the data cannot be split so: no times, no given split, nothing left to train on,
/// nothing held out, nothing for validation; Error(kUsage) for a validation part of kNone.
///
/// Collective: of several ranks, each splits the events it has as one process would split them all.
Split split_events(const Dataset& data, const SplitSpec& spec, const Communicator& ranks = alone());

/// What is known when a model is asked: training, validation and history events in the order of the data set.
std::vector<Event> known_events(const Split& split);

}  // namespace akin
