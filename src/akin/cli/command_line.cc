#include "akin/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <span>

#include "akin/base/error.h"
#include "akin/base/synonyms.h"
#include "akin/base/text.h"
#include "akin/cli/config_file.h"
#include "akin/cli/output.h"

namespace akin::cli {
namespace {

bool is_switch(const Target& target) {
  const auto* named = std::get_if<NamedValue>(&target);
  return std::holds_alternative<bool*>(target) || (named != nullptr && named->is_switch);
}

bool is_list(const Target& target) { return std::holds_alternative<std::vector<std::string>*>(target); }

/// "-k,--top" -> "top", "DATA" -> "DATA".
std::string long_name(const std::string& flags) {
  const std::size_t dashes = flags.rfind("--");
  return dashes == std::string::npos ? flags : flags.substr(dashes + 2);
}

/// The target's value as --help shows it, "" where there is nothing to show.
std::string default_of(const Target& target) {
  if (auto* const* number = std::get_if<int*>(&target)) return fmt::format("{}", **number);
  if (auto* const* number = std::get_if<std::uint64_t*>(&target)) return fmt::format("{}", **number);
  if (auto* const* text = std::get_if<std::string*>(&target)) return **text;
  return "";
}

template <typename T>
std::optional<T> parse_as(const std::string& text) {
  T number{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

bool parse_switch(const std::string& text, const std::string& name) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  fail(ErrorCode::kUsage, "--{}: '{}' is neither true nor false", name, text);
}

// Flags that name a file to write, and those that name files to read, as positional arguments do too.
constexpr auto kOutputs =
    std::to_array<std::string_view>({"out", "html", "write-phrases", "write-vocabulary"});
constexpr auto kInputs =
    std::to_array<std::string_view>({"data", "config", "exclude", "meta", "items", "users", "links",
                                     "sequences", "vocabulary", "phrase-file", "analogies", "lines"});

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;  // a file that is not there is not the same as another
  return std::filesystem::is_regular_file(a, error) && std::filesystem::equivalent(a, b, error);
}

/// Declares one flag to CLI11, which is used to take the command line apart; values are read by CommandLine.
CLI::Option* declare(CLI::App& app, const Flag& flag) {
  if (is_switch(flag.target)) return app.add_flag(flag.flags + ",!--no-" + long_name(flag.flags));
  std::string names = flag.flags;
  for (const std::string& alias : flag.aliases) names += ",--" + alias;
  CLI::Option* option = app.add_option(names, CLI::callback_t([](const CLI::results_t&) { return true; }));
  option->type_size(1);
  if (flag.flags[0] != '-' && is_list(flag.target)) {
    option->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args();
  } else {
    option->expected(1);
  }
  return option->multi_option_policy(is_list(flag.target) ? CLI::MultiOptionPolicy::TakeAll
                                                          : CLI::MultiOptionPolicy::TakeLast);
}

}  // namespace

CommandLine::CommandLine(std::string name, std::string summary)
    : name_(std::move(name)), summary_(std::move(summary)) {}

void CommandLine::section(std::string title) { section_ = std::move(title); }

void CommandLine::add(Flag flag) {
  if (flag.default_value.empty()) flag.default_value = default_of(flag.target);
  std::string name = long_name(flag.flags);
  const bool positional = flag.flags[0] != '-';
  entries_.push_back({std::move(flag), section_, std::move(name), positional});
}

void CommandLine::add_common() {
  section("Options of every command");
  add({"--json", "", &common.json, "print the result as JSON, and nothing else on standard output"});
  add({"--seed", "N", &common.seed, "seed of all random numbers; same seed, same result"});
  add({.flags = "--threads",
       .value = "N",
       .target = &common.threads,
       .help = "threads to use, 0 = all processors",
       .aliases = {"workers"}});
  add({"--config", "FILE", &common.config,
       "TOML file of flags, such as `threads = 2`; flags typed here win"});
  add({"--quiet", "", &common.quiet, "no progress and no remarks, only results and errors"});
  add({"--log-json", "", &common.log_json, "progress as JSON lines on standard error"});
}

bool CommandLine::parse(const Args& args) {
  add_common();
  bool help_wanted = false;
  read_tokens(args, help_wanted);
  if (help_wanted) {
    print(help());
    return false;
  }
  read_config();
  for (Entry& entry : entries_) {
    if (!entry.values.empty()) assign(entry);
    if (entry.flag.need == Need::kRequired && entry.values.empty()) {
      fail_usage(fmt::format("{} is missing", entry.positional ? entry.flag.flags : "--" + entry.long_name));
    }
  }
  check_outputs();
  return true;
}

void CommandLine::check_outputs() const {
  std::vector<std::string> outputs;
  for (const Entry& entry : entries_) {
    if (!is_one_of(kOutputs, entry.long_name) || entry.values.empty()) continue;
    outputs.push_back(entry.values.back());
    const bool may_be_printed = entry.long_name == "out" && entry.flag.value == "FILE";
    if (outputs.back() == "-" && !may_be_printed) {
      fail_usage(
          fmt::format("--{}: name a file; what the command says would be mixed into it on standard output",
                      entry.long_name));
    }
  }
  for (const Entry& entry : entries_) {
    if (!entry.positional && !is_one_of(kInputs, entry.long_name)) continue;
    std::vector<std::string> inputs = entry.values;
    if (!entry.positional) inputs = split_lists(inputs);  // some flags take several files
    for (const std::string& input : inputs) {
      if (std::ranges::any_of(outputs, [&](const std::string& out) { return same_file(input, out); }))
        fail_usage(fmt::format("{} is to be read and to be written; name another file to write", input));
    }
  }
}

void CommandLine::read_tokens(const Args& args, bool& help_wanted) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const CLI::Option* help_flag = app.add_flag("-h,--help");
  std::vector<CLI::Option*> options;
  for (const Entry& entry : entries_) options.push_back(declare(app, entry.flag));
  try {
    Args tokens = with_joined_switches(args);
    std::ranges::reverse(tokens);  // as CLI11 wants them
    app.parse(std::move(tokens));
  } catch (const CLI::ParseError&) {  // all that is left to go wrong: the last flag lacks its value
    fail_usage(fmt::format("{} needs a value", args.empty() ? "a flag" : args.back()));
  }
  help_wanted = help_flag->count() > 0;
  if (help_wanted) return;
  if (const std::vector<std::string> extras = app.remaining(); !extras.empty())
    fail_unexpected(extras.front());
  for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i].values = options[i]->results();
}

void CommandLine::read_config() {
  const auto config = std::ranges::find(entries_, "config", &Entry::long_name);
  if (config->values.empty()) return;
  const std::string& path = config->values.back();
  std::map<std::string, std::vector<std::string>> values = read_config_file(path);
  if (config_names_) config_names_(values);
  for (auto& [name, texts] : values) {
    const auto found = std::ranges::find_if(
        entries_, [&](const Entry& entry) { return !entry.positional && entry.is_called(name); });
    if (found == entries_.end() || name == "config") {
      const std::vector<std::string> names = flag_names();
      fail_usage(fmt::format("{}: unknown key '{}'{}", path, name, did_you_mean_parameter(name, names)));
    }
    if (found->values.empty()) found->values = texts;
  }
}

Args CommandLine::with_joined_switches(const Args& args) const {
  constexpr auto kValues = std::to_array<std::string_view>({"true", "false", "yes", "no", "on", "off"});
  Args tokens;
  for (std::size_t a = 0; a < args.size(); ++a) {
    const bool can_join = args[a].starts_with("--") && a + 1 < args.size() && is_one_of(kValues, args[a + 1]);
    const auto flag = std::ranges::find(entries_, can_join ? args[a].substr(2) : "", &Entry::long_name);
    if (can_join && flag != entries_.end() && is_switch(flag->flag.target)) {
      tokens.push_back(args[a] + "=" + args[a + 1]);
      ++a;
    } else {
      tokens.push_back(args[a]);
    }
  }
  return tokens;
}

std::vector<std::string> CommandLine::flag_names() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) {
    if (!entry.positional) names.push_back(entry.long_name);
  }
  return names;
}

void CommandLine::assign(Entry& entry) const {
  const std::string& last = entry.values.back();
  const Target& target = entry.flag.target;
  if (auto* const* flag = std::get_if<bool*>(&target)) {
    **flag = parse_switch(last, entry.long_name);
  } else if (auto* const* list = std::get_if<std::vector<std::string>*>(&target)) {
    **list = entry.values;
  } else if (auto* const* text = std::get_if<std::string*>(&target)) {
    **text = last;
  } else if (auto* const* maybe = std::get_if<std::optional<std::string>*>(&target)) {
    **maybe = last;
  } else if (const auto* named = std::get_if<NamedValue>(&target)) {
    const bool known_switch = named->is_switch;
    (*named->values)[named->name] =
        known_switch ? (parse_switch(last, entry.long_name) ? "true" : "false") : last;
  } else {
    assign_number(entry, last);
  }
}

void CommandLine::assign_number(const Entry& entry, const std::string& text) const {
  const auto refuse = [&](std::string_view wanted) {
    fail_usage(fmt::format("--{}: '{}' is not {}", entry.long_name, text, wanted));
  };
  if (auto* const* real = std::get_if<std::optional<float>*>(&entry.flag.target)) {
    const std::optional<float> number = parse_as<float>(text);
    if (!number || !(*number - *number == 0)) refuse("a number");
    **real = number;
    return;
  }
  const std::string wanted = fmt::format("a whole number of at least {}", entry.flag.min);
  if (auto* const* integer = std::get_if<int*>(&entry.flag.target)) {
    const std::optional<int> number = parse_as<int>(text);
    if (!number || *number < entry.flag.min) refuse(wanted);
    **integer = *number;
  } else {
    const std::optional<std::uint64_t> number = parse_as<std::uint64_t>(text);
    if (!number || static_cast<double>(*number) < entry.flag.min) refuse(wanted);
    **std::get_if<std::uint64_t*>(&entry.flag.target) = *number;
  }
}

bool CommandLine::given(std::string_view name) const {
  const auto found = std::ranges::find(entries_, name, &Entry::long_name);
  return found != entries_.end() && !found->values.empty();
}

void CommandLine::fail_usage(std::string_view message) const {
  fail(ErrorCode::kUsage, "{}; see `akin {} --help`", message, name_);
}

void CommandLine::fail_unexpected(const std::string& token) const {
  if (token[0] != '-') fail_usage(fmt::format("unexpected argument '{}'", token));
  const std::string name = token.substr(0, token.find('='));
  std::vector<std::string> flags{"--help"};
  for (const std::string& known : flag_names()) flags.push_back("--" + known);
  fail_usage(fmt::format("unknown flag {}{}", name, did_you_mean_parameter(name, flags)));
}

}  // namespace akin::cli
