#include "akin/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <span>

#include "akin/base/atomic_file.h"
#include "akin/base/checked_math.h"
#include "akin/base/error.h"
#include "akin/base/same_file.h"
#include "akin/base/synonyms.h"
#include "akin/base/text.h"
#include "akin/cli/config_file.h"
#include "akin/cli/output.h"
#include "akin/cli/ranks.h"

namespace akin::cli {
namespace {

bool is_switch(const Target& target) {
  const auto* named = std::get_if<NamedValue>(&target);
  return std::holds_alternative<bool*>(target) || (named != nullptr && named->kind == ValueKind::kSwitch);
}

/// Where the flag's text goes; null where it is no text, or goes to a map.
const TextTarget* text_target(const Target& target) {
  if (const auto* text = std::get_if<Text>(&target)) return &text->where;
  if (const auto* input = std::get_if<InputPath>(&target)) return &input->where;
  if (const auto* output = std::get_if<OutputPath>(&target)) return &output->where;
  return nullptr;
}

bool is_list(const Target& target) {
  const TextTarget* text = text_target(target);
  return text != nullptr && std::holds_alternative<std::vector<std::string>*>(*text);
}

bool is_path(const Target& target) {
  const auto* named = std::get_if<NamedValue>(&target);
  return std::holds_alternative<InputPath>(target) || std::holds_alternative<OutputPath>(target) ||
         (named != nullptr && named->kind != ValueKind::kText && named->kind != ValueKind::kSwitch);
}

/// Whether each text may hold several values with commas between.
bool has_commas(const Flag& flag) {
  const auto* named = std::get_if<NamedValue>(&flag.target);
  return flag.value.find(',') != std::string::npos ||
         (named != nullptr && named->kind == ValueKind::kInputList);
}

/// The texts that are there, typed or by default.
std::vector<std::string> texts_in(const TextTarget& target) {
  if (auto* const* list = std::get_if<std::vector<std::string>*>(&target)) return **list;
  if (auto* const* maybe = std::get_if<std::optional<std::string>*>(&target))
    return *maybe && (*maybe)->has_value() ? std::vector<std::string>{***maybe} : std::vector<std::string>{};
  const std::string& text = **std::get_if<std::string*>(&target);
  return text.empty() ? std::vector<std::string>{} : std::vector<std::string>{text};
}

void set_text(const TextTarget& target, const std::vector<std::string>& values) {
  if (auto* const* list = std::get_if<std::vector<std::string>*>(&target)) {
    **list = values;
  } else if (auto* const* maybe = std::get_if<std::optional<std::string>*>(&target)) {
    **maybe = values.back();
  } else {
    **std::get_if<std::string*>(&target) = values.back();
  }
}

/// "-o,--out" -> "-o/--out", "FILE..." -> "FILE".
std::string shown_name(const Flag& flag) {
  std::string name = flag.flags;
  if (name.ends_with("...")) name.resize(name.size() - 3);
  std::ranges::replace(name, ',', '/');
  return name;
}

/// "-k,--top" -> "top", "DATA" -> "DATA".
std::string long_name(const std::string& flags) {
  const std::size_t dashes = flags.rfind("--");
  return dashes == std::string::npos ? flags : flags.substr(dashes + 2);
}

/// The target's value as --help shows it, "" where there is nothing to show.
std::string default_of(const Target& target) {
  if (auto* const* number = std::get_if<int*>(&target)) return fmt::format("{}", **number);
  if (auto* const* number = std::get_if<std::uint64_t*>(&target)) return fmt::format("{}", **number);
  const TextTarget* text = text_target(target);
  if (text != nullptr && std::holds_alternative<std::string*>(*text)) return *std::get<std::string*>(*text);
  return "";
}

bool parse_switch(const std::string& text, const std::string& name) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  fail(ErrorCode::kUsage, "--{}: '{}' is neither true nor false", name, text);
}

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// "-", /dev/stdout and other names of it.
bool leads_to_standard_output(const std::string& path) {
  try {
    return resolve_output(path).kind == OutputTarget::Kind::kStandardOutput;
  } catch (const Error&) {
    return false;  // check_paths() says what is wrong with it
  }
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
       .aliases = {"workers"},
       .max = kMostThreads});
  add({"--config", "FILE", InputPath{&common.config},
       "TOML file of flags, such as `threads = 2`; flags typed here win"});
  add({"--quiet", "", &common.quiet, "no progress and no notes on standard error, only errors"});
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
    if (!entry.values.empty()) {
      check_not_empty(entry);
      assign(entry);
    } else if (entry.flag.need == Need::kRequired) {
      fail_missing(entry);
    }
  }
  const std::vector<PathUse> uses = path_uses();
  try {
    check_paths(uses);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage) throw;
    fail_usage(error.what());
  }
  for (const PathUse& use : uses)
    if (use.kind == PathUse::Kind::kRead) check_same_file(ranks(), use.path);
  return true;
}

void CommandLine::fail_missing(const Entry& entry) const {
  const std::string name = entry.positional ? entry.flag.flags : "--" + entry.long_name;
  const bool behind = std::ranges::any_of(
      behind_mark_, [&](const std::string& word) { return entry.is_typed(word.substr(0, word.find('='))); });
  fail_usage(name + " is missing" + (behind ? ": behind -- no word is a flag; put it in front" : ""));
}

/// A variable of the shell that is not set must not turn a flag off: it may be the one that protects people.
void CommandLine::check_not_empty(const Entry& entry) const {
  const auto is_empty = [](const std::string& text) { return text.empty(); };
  const auto* const named = std::get_if<NamedValue>(&entry.flag.target);
  const bool may_be_empty = named != nullptr && named->may_be_empty;
  if (is_path(entry.flag.target) && !may_be_empty && std::ranges::any_of(entry.values, is_empty))
    fail_usage(fmt::format("{}: the name is empty", shown_name(entry.flag)));
  const bool commas = has_commas(entry.flag);
  if (entry.positional || !(commas || is_list(entry.flag.target))) return;
  const std::vector<std::string> found = commas ? split_lists(entry.values) : entry.values;
  if (std::ranges::all_of(found, is_empty))
    fail_usage(
        fmt::format("{}: name some, or leave the flag out; the list is empty", shown_name(entry.flag)));
}

void CommandLine::check_printable(const Entry& entry, OutputPath::Form form, const std::string& path) const {
  if (path == "-" && form != OutputPath::Form::kPrintable) {
    fail_usage(
        fmt::format("--{}: name a file; what the command says would be mixed into it on standard output",
                    entry.long_name));
  }
}

void CommandLine::add_outputs(const Entry& entry, const OutputPath& output,
                              std::vector<PathUse>& uses) const {
  using Kind = PathUse::Kind;
  for (const std::string& path : texts_in(output.where)) {
    check_printable(entry, output.form, path);
    const Kind kind = output.form == OutputPath::Form::kFolder    ? Kind::kWriteFolder
                      : output.form == OutputPath::Form::kPattern ? Kind::kWritePattern
                                                                  : Kind::kWrite;
    uses.push_back({shown_name(entry.flag), path, kind});
    if (!output.also || path == "-") continue;
    for (const OutputPath::More& more : output.also(path))
      uses.push_back({.flag = shown_name(entry.flag),
                      .path = more.path,
                      .kind = more.is_folder ? Kind::kWriteFolder : Kind::kWrite,
                      .beside = path});
  }
}

void CommandLine::add_named(const Entry& entry, const NamedValue& named, std::vector<PathUse>& uses) const {
  const auto found = named.values->find(named.name);
  if (found == named.values->end() || found->second.empty()) return;
  const std::string& text = found->second;
  if (named.kind == ValueKind::kOutput) check_printable(entry, OutputPath::Form::kFile, text);
  if (named.kind == ValueKind::kOutput) uses.push_back({shown_name(entry.flag), text, PathUse::Kind::kWrite});
  if (named.kind == ValueKind::kInput) uses.push_back({shown_name(entry.flag), text});
  if (named.kind != ValueKind::kInputList) return;
  for (const std::string& path : split_lists({text})) uses.push_back({shown_name(entry.flag), path});
}

std::vector<PathUse> CommandLine::path_uses() const {
  std::vector<PathUse> uses;
  for (const Entry& entry : entries_) {
    const Target& target = entry.flag.target;
    if (const auto* output = std::get_if<OutputPath>(&target)) add_outputs(entry, *output, uses);
    if (const auto* named = std::get_if<NamedValue>(&target)) add_named(entry, *named, uses);
    const auto* input = std::get_if<InputPath>(&target);
    if (input == nullptr) continue;
    const bool written = input->written_too && input->written_too();
    for (const std::string& path : texts_in(input->where)) {
      uses.push_back({.flag = shown_name(entry.flag),
                      .path = path,
                      .kind = written ? PathUse::Kind::kWrite : PathUse::Kind::kRead,
                      .may_be_replaced = input->may_be_replaced,
                      .in_place = written});
      if (!input->also || path == "-") continue;
      for (const std::string& more : input->also(path)) uses.push_back({shown_name(entry.flag), more});
    }
  }
  return uses;
}

std::size_t CommandLine::end_of_flags(const Args& args) const {
  const auto find = [&](const std::string& token) {
    return std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.is_typed(token); });
  };
  std::size_t a = 0;
  for (; a < args.size() && args[a] != "--"; ++a) {
    const std::string& token = args[a];
    if (token.ends_with('=') && token.find('=') == token.size() - 1 &&
        find(token.substr(0, token.size() - 1)) != entries_.end())
      fail_usage(fmt::format("{} lacks its value", token));
    const auto flag = find(token);
    if (flag != entries_.end() && !is_switch(flag->flag.target))
      ++a;  // what follows is its value, whatever it is
  }
  return std::min(a, args.size());
}

void CommandLine::add_positional(const std::string& text) {
  const auto place = std::ranges::find_if(entries_, [](const Entry& entry) {
    return entry.positional && (entry.values.empty() || is_list(entry.flag.target));
  });
  if (place == entries_.end()) fail_usage(fmt::format("unexpected argument '{}'", text));
  place->values.push_back(text);
}

void CommandLine::read_tokens(const Args& args, bool& help_wanted) {
  const auto mark = args.begin() + static_cast<std::ptrdiff_t>(end_of_flags(args));
  const Args front(args.begin(), mark);
  if (mark != args.end()) behind_mark_.assign(mark + 1, args.end());
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const CLI::Option* help_flag = app.add_flag("-h,--help");
  std::vector<CLI::Option*> options;
  for (const Entry& entry : entries_) options.push_back(declare(app, entry.flag));
  try {
    Args tokens = with_joined_switches(front);
    std::ranges::reverse(tokens);  // as CLI11 wants them
    app.parse(std::move(tokens));
  } catch (const CLI::ParseError&) {  // all that is left to go wrong: the last flag lacks its value
    fail_usage(fmt::format("{} needs a value", front.empty() ? "a flag" : front.back()));
  }
  help_wanted = help_flag->count() > 0;
  if (help_wanted) return;
  if (const std::vector<std::string> extras = app.remaining(); !extras.empty())
    fail_unexpected(extras.front());
  for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i].values = options[i]->results();
  for (const std::string& text : behind_mark_) add_positional(text);
}

void CommandLine::read_config() {
  const auto config = std::ranges::find(entries_, "config", &Entry::long_name);
  if (config->values.empty()) return;
  check_not_empty(*config);
  const std::string& path = config->values.back();
  check_same_file(ranks(), path);
  std::map<std::string, std::vector<std::string>> values = read_config_file(path);
  if (config_names_) config_names_(values);
  for (auto& [name, texts] : values) {
    const auto found = std::ranges::find_if(
        entries_, [&name = name](const Entry& entry) { return !entry.positional && entry.is_called(name); });
    if (name == "config")
      fail_usage(fmt::format("{}: the key config: a file of flags cannot name another one", path));
    if (found == entries_.end()) {
      const std::vector<std::string> names = flag_names();
      fail_usage(fmt::format("{}: unknown key '{}'{}", path, name, did_you_mean_parameter(name, names)));
    }
    if (texts.empty()) fail_usage(fmt::format("{}: the list {} is empty; leave the key out", path, name));
    if (texts.size() > 1 && !is_list(found->flag.target)) {
      const bool text = std::holds_alternative<NamedValue>(found->flag.target);
      fail_usage(fmt::format("{}: {} takes one value, not a list of {}{}", path, name, texts.size(),
                             text ? "; where it is a list, write one text with commas between" : ""));
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
  } else if (const auto* output = std::get_if<OutputPath>(&target)) {
    std::vector<std::string> paths = entry.values;
    for (std::string& path : paths) {
      if (leads_to_standard_output(path)) path = "-";
    }
    set_text(output->where, paths);
  } else if (const TextTarget* text = text_target(target)) {
    set_text(*text, entry.values);
  } else if (const auto* named = std::get_if<NamedValue>(&target)) {
    const bool known_switch = named->kind == ValueKind::kSwitch;
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
    const std::optional<float> number = parse_all<float>(text);
    if (!number || !(*number - *number == 0)) refuse("a number");
    **real = number;
    return;
  }
  const Flag& flag = entry.flag;
  const std::string wanted = flag.max < 1e300
                                 ? fmt::format("a whole number from {} to {}", flag.min, flag.max)
                                 : fmt::format("a whole number of at least {}", flag.min);
  if (auto* const* integer = std::get_if<int*>(&entry.flag.target)) {
    const std::optional<int> number = parse_all<int>(text);
    if (!number || *number < flag.min || *number > flag.max) refuse(wanted);
    **integer = *number;
  } else {
    const std::optional<std::uint64_t> number = parse_all<std::uint64_t>(text);
    const auto value = static_cast<double>(number.value_or(0));
    if (!number || value < flag.min || value > flag.max) refuse(wanted);
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
  const bool takes_ids = std::ranges::any_of(entries_, [](const Entry& entry) {
    return entry.positional && std::holds_alternative<Text>(entry.flag.target) && is_list(entry.flag.target);
  });
  fail_usage(fmt::format("unknown flag {}{}{}", name, did_you_mean_parameter(name, flags),
                         takes_ids ? "; write an id that begins with - behind --" : ""));
}

}  // namespace akin::cli
