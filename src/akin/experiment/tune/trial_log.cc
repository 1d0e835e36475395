#include "akin/experiment/tune/trial_log.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/files.h"
#include "akin/base/io.h"
#include "akin/base/json_text.h"
#include "akin/models/fit/old_names.h"

namespace akin {
namespace {

using nlohmann::json;

std::string header_line(const TrialLog::Identity& identity) {
  return json{{"search", identity}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

void check_header(const std::string& path, const std::string& line, const TrialLog::Identity& wanted) {
  const std::string where = path + ":1: not a file of trials";
  const json header = parse_json(line, where);
  const TrialLog::Identity found = JsonFields(header, where).text_map("search");
  const json stored = identity_with_current_names(found);
  const json expected = parse_json(header_line(wanted), where)["search"];
  for (const auto& [name, value] : expected.items()) {
    const json was = stored.value(name, json());
    if (was != value) {
      fail(ErrorCode::kBadData,
           "{}: holds the trials of another search: it has {} = {}, not {}; give the same, or another file",
           path, name, was.is_string() ? was.get<std::string>() : "absent", value.get<std::string>());
    }
  }
}

}  // namespace

TrialLog::TrialLog(const std::string& path, const Identity& identity, const Communicator& ranks)
    : path_(path), writes_(ranks.first()) {
  if (ranks.first()) open(identity);
  std::vector<Trial> known;
  for (const auto& [key, trial] : trials_) known.push_back(trial);
  for (Trial& trial : gather_trials(ranks, known))
    trials_.insert_or_assign({trial.number, trial.budget}, std::move(trial));
  found_ = trials_.size();
}

void TrialLog::open(const Identity& identity) {
  check_writable(path_);
  if (size_of_file(path_).value_or(0) > 0)
    read(identity);
  else
    write_file(path_, header_line(identity) + "\n");
}

void TrialLog::read(const Identity& identity) {
  const std::string text = read_text(path_);
  std::size_t begin = 0, number = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::string line = text.substr(begin, end - begin);
    if (++number == 1) {
      check_header(path_, line, identity);
      continue;
    }
    Trial trial = parse_trial(line, fmt::format("{}:{}", path_, number));
    trial.params = with_current_names(identity.at("model"), trial.params);
    trials_.insert_or_assign({trial.number, trial.budget}, std::move(trial));
  }
  if (number == 0) fail(ErrorCode::kBadData, "{}:1: not a file of trials", path_);
  if (begin < text.size()) write_file(path_, text.substr(0, begin));  // the last line was being written
}

std::optional<Trial> TrialLog::find(int number, int budget) const {
  const std::scoped_lock lock(mutex_);
  const auto found = trials_.find({number, budget});
  return found == trials_.end() ? std::nullopt : std::optional(found->second);
}

void TrialLog::add(const Trial& trial) {
  const std::scoped_lock lock(mutex_);
  if (trials_.contains({trial.number, trial.budget})) return;
  if (writes_) write(trial);
  trials_.insert({{trial.number, trial.budget}, trial});
}

void TrialLog::write(const Trial& trial) const {
  const std::string line = trial_text(trial) + "\n";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path_.c_str(), "ab"), &std::fclose);
  if (!file || std::fwrite(line.data(), 1, line.size(), file.get()) != line.size() ||
      std::fflush(file.get()) != 0) {
    fail(ErrorCode::kIo, "{}: cannot write: {}", path_, std::strerror(errno));
  }
}

}  // namespace akin
