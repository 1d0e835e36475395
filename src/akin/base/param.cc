#include "akin/base/param.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/synonyms.h"

namespace akin {
namespace {

template <typename T>
T parse_number(const Param& param, std::string_view text, std::string_view kind) {
  T number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) {
    fail(ErrorCode::kUsage, "parameter {}: '{}' is not {}", param.name, text, kind);
  }
  // In the number's own precision, in which the bounds are what a caller can write: the float nearest to 0.99
  // is above 0.99. Bounds of whole numbers are whole numbers.
  if (!(number >= static_cast<T>(param.min) && number <= static_cast<T>(param.max))) {  // also refuses NaN
    fail(ErrorCode::kUsage, "parameter {}: {} is not between {} and {}", param.name, text, param.min,
         param.max);
  }
  return number;
}

bool parse_bool(const Param& param, std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  fail(ErrorCode::kUsage, "parameter {}: '{}' is neither true nor false", param.name, text);
}

std::string parse_choice(const Param& param, std::string_view text) {
  if (param.choices.empty() || std::ranges::find(param.choices, text) != param.choices.end())
    return std::string(text);
  const std::vector<std::string> names(param.choices.begin(), param.choices.end());
  fail(ErrorCode::kUsage, "parameter {}: '{}' is not one of {}{}", param.name, text, fmt::join(names, ", "),
       did_you_mean(text, names));
}

std::string normalized(std::string_view name) {
  std::string result(name);
  std::ranges::replace(result, '-', '_');
  return result;
}

}  // namespace

std::string param_text(int value) { return fmt::format("{}", value); }
std::string param_text(float value) { return fmt::format("{}", value); }
std::string param_text(bool value) { return value ? "true" : "false"; }
std::string param_text(const std::string& value) { return value; }

std::string to_string(const Param& param) {
  return std::visit([](const auto* value) { return param_text(*value); }, param.value);
}

void set_param(const Param& param, std::string_view text) {
  if (auto* const* number = std::get_if<int*>(&param.value)) {
    **number = parse_number<int>(param, text, "a whole number");
  } else if (auto* const* real = std::get_if<float*>(&param.value)) {
    **real = parse_number<float>(param, text, "a number");
  } else if (auto* const* flag = std::get_if<bool*>(&param.value)) {
    **flag = parse_bool(param, text);
  } else {
    *std::get<std::string*>(param.value) = parse_choice(param, text);
  }
}

void set_params(const std::vector<Param>& params, const ParamValues& values, std::string_view owner) {
  for (const auto& [name, text] : values) {
    const std::string key = normalized(name);
    const auto found = std::ranges::find_if(params, [&](const Param& param) { return param.name == key; });
    if (found == params.end()) {
      std::vector<std::string> names;
      for (const Param& param : params) names.emplace_back(param.name);
      fail(ErrorCode::kUsage, "{} has no parameter '{}'{}; it has: {}", owner, name,
           did_you_mean_parameter(key, names),
           names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
    }
    try {
      set_param(*found, text);
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}: {}", owner, error.what()));
    }
  }
}

ParamValues get_params(const std::vector<Param>& params) {
  ParamValues values;
  for (const Param& param : params) values.emplace(param.name, to_string(param));
  return values;
}

}  // namespace akin
