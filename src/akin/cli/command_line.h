// The flags of one command: declared once, they give parsing, --config, range checks and --help.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "akin/base/param.h"

namespace akin::cli {

using Args = std::vector<std::string>;

/// Where the text of a flag goes that is a parameter of something else (a model, a format);
/// absent unless given.
struct NamedValue {
  std::map<std::string, std::string>* values;
  std::string name;
  bool is_switch = false;  ///< needs no value: --name means "true", --no-name "false"
};

/// Where a flag's value goes. A bool* is a switch; a list collects every occurrence.
using Target = std::variant<bool*, int*, std::uint64_t*, std::optional<float>*, std::optional<std::string>*,
                            std::string*, std::vector<std::string>*, NamedValue>;

enum class Need { kOptional, kRequired };

/// One flag, or one positional argument where `flags` has no dashes.
struct Flag {
  std::string flags;  ///< "-k,--top", "--since", "DATA"
  std::string value;  ///< what --help calls the value, such as "FILE"; empty for switches
  Target target;
  std::string help;
  Need need = Need::kOptional;
  double min = 0;                         ///< whole numbers must not be below
  std::string default_value = {};         ///< shown by --help; empty = the target's value
  std::vector<std::string> aliases = {};  ///< other long names that work, without dashes
};

/// What every command has.
struct Common {
  bool json = false;
  bool quiet = false;
  bool log_json = false;
  int threads = 0;
  std::uint64_t seed = 42;
  std::string config;
};

/// The command line of one command. Declare, then parse().
class CommandLine {
 public:
  /// `name` as typed after "akin", such as "train als".
  CommandLine(std::string name, std::string summary);

  /// The flags added from here on stand under this title in --help.
  void section(std::string title);
  void add(Flag flag);
  /// A paragraph of --help below the summary.
  void explain(std::string paragraph) { paragraphs_.push_back(std::move(paragraph)); }
  /// A line of --help under "Examples".
  void example(std::string command) { examples_.push_back(std::move(command)); }

  /// Fills the targets: first from the TOML file of --config, then from `args`, which win. Returns false if
  /// --help was asked for and has been printed: the command ends. Throws Error(kUsage) with the nearest valid
  /// names, and where a file that is read would be overwritten.
  bool parse(const Args& args);
  /// Whether a flag (by its long name without dashes) got a value from the command line
  /// or the configuration file.
  bool given(std::string_view name) const;

  /// The text of --help.
  std::string help() const;
  const std::string& name() const { return name_; }

  /// Renames keys of the TOML file of --config before they are read: flags by name, without dashes in front.
  void rename_config(std::function<void(std::map<std::string, std::vector<std::string>>&)> rename) {
    config_names_ = std::move(rename);
  }

  Common common;

 private:
  struct Entry {
    Flag flag;
    std::string section;
    std::string long_name;  // "top"; of a positional its name
    bool positional;
    std::vector<std::string> values = {};
    bool is_called(const std::string& name) const {
      return name == long_name || std::ranges::find(flag.aliases, name) != flag.aliases.end();
    }
  };
  void add_common();
  void read_tokens(const Args& args, bool& help_wanted);
  void read_config();
  /// "--biases", "false" becomes "--biases=false", for switches.
  Args with_joined_switches(const Args& args) const;
  void check_outputs() const;
  void assign(Entry& entry) const;
  void assign_number(const Entry& entry, const std::string& text) const;
  std::vector<std::string> flag_names() const;
  [[noreturn]] void fail_usage(std::string_view message) const;
  [[noreturn]] void fail_unexpected(const std::string& token) const;

  std::string name_;
  std::string summary_;
  std::string section_ = "Options";
  std::vector<std::string> paragraphs_;
  std::vector<std::string> examples_;
  std::vector<Entry> entries_;
  std::function<void(std::map<std::string, std::vector<std::string>>&)> config_names_;
};

/// Breaks `text` into lines of at most `width` columns; lines after the first are indented
/// by `indent` spaces.
std::string wrap(std::string_view text, std::size_t width, std::size_t indent);

/// A name with its summary.
struct Listed {
  std::string_view name;
  std::string_view summary;
};
/// A line for each, the summaries wrapped and below each other, for --help.
std::string listing(const std::vector<Listed>& entries);

}  // namespace akin::cli
