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
#include "akin/base/threads.h"
#include "akin/cli/path_check.h"

namespace akin::cli {

using Args = std::vector<std::string>;

/// Where text goes. A list collects every occurrence of the flag.
using TextTarget = std::variant<std::string*, std::optional<std::string>*, std::vector<std::string>*>;

/// Text that names no file or folder.
struct Text {
  TextTarget where;
};

/// Text that names a file or folder to read; "-" is standard input.
struct InputPath {
  TextTarget where;
  /// More files that are read because of this one, such as those beside it.
  std::function<std::vector<std::string>(const std::string& path)> also = {};
  /// PathUse::may_be_replaced.
  std::function<bool()> may_be_replaced = {};
  /// Whether the file is written anew in its place; asked once all flags are read.
  std::function<bool()> written_too = {};
};

/// Text that names a file or folder to write.
struct OutputPath {
  enum class Form {
    kFile,
    kPrintable,  ///< a file, or "-" for standard output
    kPattern,    ///< PathUse::Kind::kWritePattern
    kFolder,
  };
  struct More {
    std::string path;
    bool is_folder = false;
  };
  TextTarget where;
  Form form = Form::kFile;
  /// What is written besides because of this path.
  std::function<std::vector<More>(const std::string& path)> also = {};
};

/// What the text of a flag is that goes to a map.
enum class ValueKind {
  kText,
  kSwitch,     ///< needs no value: --name means "true", --no-name "false"
  kInput,      ///< a file or folder to read
  kInputList,  ///< several of them, separated by commas
  kOutput,     ///< a file to write
};

/// Where the text of a flag goes that is a parameter of something else (a model, a format);
/// absent unless given.
struct NamedValue {
  std::map<std::string, std::string>* values;
  std::string name;
  ValueKind kind;
  bool may_be_empty = false;  ///< of a path: "" says none, as the parameter's default does
};

/// Where a flag's value goes. A bool* is a switch. There is no plain std::string*: every text says whether it
/// names what is read or written, so that check_paths() knows all of it.
using Target =
    std::variant<bool*, int*, std::uint64_t*, std::optional<float>*, Text, InputPath, OutputPath, NamedValue>;

enum class Need { kOptional, kRequired };

/// One flag, or one positional argument where `flags` has no dashes.
struct Flag {
  std::string flags;  ///< "-k,--top", "--since", "DATA"
  /// What --help calls the value, such as "FILE"; empty for switches. With a comma in it, "A,B", the text is a
  /// list of which at least one element must be there.
  std::string value;
  Target target;
  std::string help;
  Need need = Need::kOptional;
  double min = 0;                         ///< whole numbers must not be below
  std::string default_value = {};         ///< shown by --help; empty = the target's value
  std::vector<std::string> aliases = {};  ///< other long names that work, without dashes
  double max = 1e300;                     ///< whole numbers must not be above
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

  /// Fills the targets: first from the TOML file of --config, then from `args`, which win. Behind "--" every word
  /// is a positional argument. Returns false if --help was asked for and has been printed: the command ends. Throws
  /// Error(kUsage) with the nearest valid names, for paths and lists that are given but empty, and as
  /// check_paths() for the paths of all flags.
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
    /// Whether `token` is the flag as typed: "-k", "--top".
    bool is_typed(std::string_view token) const {
      if (positional || !token.starts_with('-')) return false;
      if (token.starts_with("--")) return is_called(std::string(token.substr(2)));
      return token.size() == 2 && (flag.flags == token || flag.flags.starts_with(std::string(token) + ","));
    }
  };
  void add_common();
  void read_tokens(const Args& args, bool& help_wanted);
  /// Where "--" stands, or args.size(). Throws Error(kUsage) for "--flag=" in front of it.
  std::size_t end_of_flags(const Args& args) const;
  void add_positional(const std::string& text);
  void check_not_empty(const Entry& entry) const;
  [[noreturn]] void fail_missing(const Entry& entry) const;
  void read_config();
  /// "--biases", "false" becomes "--biases=false", for switches.
  Args with_joined_switches(const Args& args) const;
  std::vector<PathUse> path_uses() const;
  void add_outputs(const Entry& entry, const OutputPath& output, std::vector<PathUse>& uses) const;
  void add_named(const Entry& entry, const NamedValue& named, std::vector<PathUse>& uses) const;
  void check_printable(const Entry& entry, OutputPath::Form form, const std::string& path) const;
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
  Args behind_mark_;  // behind "--"
  std::function<void(std::map<std::string, std::vector<std::string>>&)> config_names_;
};

/// Breaks `text` into lines of at most `width` columns; lines after the first are indented
/// by `indent` spaces.
std::string wrap(std::string_view text, std::size_t width, std::size_t indent);

/// "akin COMMAND args", quoted for a shell.
std::string typed_command(std::string_view command, const Args& args);

/// A name with its summary.
struct Listed {
  std::string_view name;
  std::string_view summary;
};
/// A line for each, the summaries wrapped and below each other, for --help.
std::string listing(const std::vector<Listed>& entries);

}  // namespace akin::cli
