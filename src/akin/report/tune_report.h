// What `akin tune` shows: the table of trials, the configuration file and a web page.
#pragma once

#include <string>

#include "akin/experiment/tune.h"

namespace akin {

/// What was tuned, in words.
struct TuneReport {
  const ModelEntry& entry;
  TuneResult result;
  std::string data;          ///< the data set's file
  std::string protocol;      ///< one line: what the metric was measured on
  std::string command = {};  ///< as typed
  std::uint64_t seed = 42;
};

/// The best trials first, at most `most` of them.
std::string trials_table(const TuneReport& report, std::size_t most);
/// A file for `akin train MODEL --config`, with its origin in comments.
std::string best_toml(const TuneReport& report);
/// A whole page.
std::string tune_html(const TuneReport& report);

}  // namespace akin
