// The text of --help.
#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/cli/command_line.h"

namespace akin::cli {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kColumn = 28;  // where the explanations begin

/// "  -k, --top N            how many ... [10]".
std::string flag_line(const std::string& left, const std::string& text) {
  std::string line = "  " + left;
  if (line.size() + 2 > kColumn) {
    line += "\n" + std::string(kColumn, ' ');
  } else {
    line.resize(kColumn, ' ');
  }
  return line + wrap(text, kWidth - kColumn, kColumn) + "\n";
}

std::string left_column(const Flag& flag, bool positional) {
  if (positional) return flag.flags;
  std::string left = flag.flags;
  const std::size_t comma = left.find(',');
  if (comma != std::string::npos) {
    left.insert(comma + 1, " ");
  } else {
    left = "    " + left;  // below the long names that have a short one
  }
  return flag.value.empty() ? left : left + " " + flag.value;
}

std::string explanation(const Flag& flag, bool positional) {
  if (flag.need == Need::kRequired && !positional) return flag.help + " (required)";
  if (flag.default_value.empty()) return flag.help;
  return fmt::format("{} [{}]", flag.help, flag.default_value);
}

}  // namespace

std::string typed_command(std::string_view command, const Args& args) {
  std::string text = fmt::format("akin {}", command);
  for (const std::string& arg : args) text += " " + shell_word(arg);
  return text;
}

std::string wrap(std::string_view text, std::size_t width, std::size_t indent) {
  std::string result;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (column > 0 && column + 1 + space > width) {
      result += "\n" + std::string(indent, ' ');
      column = 0;
    } else if (column > 0) {
      result += ' ';
      ++column;
    }
    result += text.substr(0, space);
    column += space;
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return result;
}

std::string listing(const std::vector<Listed>& entries) {
  std::size_t longest = 10;
  for (const Listed& entry : entries) longest = std::max(longest, entry.name.size());
  const std::size_t column = longest + 4;
  std::string text;
  for (const auto& [name, summary] : entries)
    text += fmt::format("  {:<{}}  {}\n", name, longest, wrap(summary, kWidth - column, column));
  return text;
}

std::string CommandLine::help() const {
  std::string usage = "Usage: akin " + name_;
  for (const Entry& entry : entries_) {
    if (entry.positional) usage += " " + entry.flag.flags;
  }
  for (const Entry& entry : entries_) {
    if (entry.positional || entry.flag.need != Need::kRequired) continue;
    const std::size_t comma = entry.flag.flags.find(',');
    usage += fmt::format(" {} {}", entry.flag.flags.substr(0, comma), entry.flag.value);
  }
  std::string text = usage + " [flags]\n\n" + wrap(summary_, kWidth, 0) + "\n";
  for (const std::string& paragraph : paragraphs_) text += "\n" + wrap(paragraph, kWidth, 0) + "\n";
  std::string section;
  for (const bool positional : {true, false}) {
    for (const Entry& entry : entries_) {
      if (entry.positional != positional) continue;
      const std::string title = positional ? "Arguments" : entry.section;
      if (title != section) text += "\n" + title + ":\n";
      section = title;
      text += flag_line(left_column(entry.flag, positional), explanation(entry.flag, positional));
    }
  }
  text += flag_line("-h, --help", "print this help");
  if (!examples_.empty()) text += "\nExamples:\n";
  for (const std::string& example : examples_) text += "  " + example + "\n";
  return text;
}

}  // namespace akin::cli
