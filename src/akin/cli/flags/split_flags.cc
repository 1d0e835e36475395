#include "akin/cli/flags/split_flags.h"

namespace akin::cli {

std::string holdout_help() {
  return "how to choose the test set: last (each user's last event), last-basket (each user's "
         "events at their latest time), ratio:F (a random fraction F of all "
         "events), user-ratio:F (of each user's events), time:F (the latest fraction F), user-time:F (the "
         "latest of each user's events), fold:I/K (fold I of K), sessions:F (the latest users, from their "
         "second event on), cold-items:F (all events of some items), cold-users:F (the later half of some "
         "users' events), given (the split of the imported files), none. F defaults to 0.2, and to 0.1 for "
         "sessions and cold-*. Default: given if there is one; user-ratio where events have no order, as in "
         "baskets; "
         "sessions where nearly all users are there for a day only; else last";
}

void SplitFlags::add_to(CommandLine& line) {
  line.add({"--holdout", "HOW", Text{&holdout}, holdout_help()});
  line.add({"--validation", "", &validation,
            "also hold out a validation set to choose parameters, chosen in the same way from the rest; the "
            "test set does not change"});
}

}  // namespace akin::cli
