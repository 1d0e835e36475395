// A parameter, declared once: command-line flag, TOML key, bundle metadata, documentation and range check.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace akin {

/// Where a tuner looks for a number, or whether it tries all choices of a string and both values of a switch.
struct SearchRange {
  double low = 0;
  double high = 0;
  bool on() const { return low < high; }
};
inline constexpr SearchRange kSearchChoices{0, 1};

/// One tunable field of a configuration struct. `value` points into the struct that declared it, which must
/// outlive the Param. Numbers must lie in [min, max]; strings with `choices` must be one of them.
struct Param {
  std::string_view name;  ///< lower case with underscores; the flag is the same with dashes
  std::variant<int*, float*, bool*, std::string*> value;
  std::string_view help;  ///< one line: meaning, unit
  double min = 0;
  double max = 0;
  std::vector<std::string_view> choices = {};  ///< strings only; empty = anything
  bool log_scale = false;                      ///< a tuner should search on a logarithmic scale
  SearchRange search = {};                     ///< of a tuner; none = the default is kept
};

/// Parameter values by name, as text: what a command line, a TOML file or a bundle holds.
using ParamValues = std::map<std::string, std::string>;

/// Values as text that set_param() reads back to the same value.
std::string param_text(int value);
std::string param_text(float value);
std::string param_text(bool value);
std::string param_text(const std::string& value);
/// The current value as such text.
std::string to_string(const Param& param);

/// Parses `text` into the parameter. Throws Error(kUsage) naming the parameter if it does not parse or is out
/// of range.
void set_param(const Param& param, std::string_view text);

/// Sets each of `values`; dashes and underscores in names are the same. Throws Error(kUsage) on an unknown
/// name, with the nearest valid ones. `owner` is named in messages, such as "als".
void set_params(const std::vector<Param>& params, const ParamValues& values, std::string_view owner);

/// All current values as text.
ParamValues get_params(const std::vector<Param>& params);

}  // namespace akin
