#include "akin/cli/flags/split_flags.h"

namespace akin::cli {

std::string holdout_help() {
  return "what to keep out of training for evaluation: last (each user's last event), ratio:F (a "
         "random share of all events), user-ratio:F (of each user's), time:F (the latest share), "
         "user-time:F (of each user's), fold:I/K (fold I of K), sessions:F (the latest users, from "
         "their second event on), cold-items:F (all of some items), cold-users:F (the later half "
         "of some users), given (the split the files came with), none. F is 0.2 unless said, 0.1 "
         "for sessions and cold-*. Default: given if there is one, else last";
}

void SplitFlags::add_to(CommandLine& line) {
  line.add({"--holdout", "HOW", Text{&holdout}, holdout_help()});
  line.add({"--validation", "", &validation,
            "keep a validation part out of training too, cut from the rest in the same way, to choose "
            "parameters by; the test part stays the same"});
}

}  // namespace akin::cli
