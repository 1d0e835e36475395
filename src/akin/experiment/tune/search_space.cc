#include "akin/experiment/tune/search_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "akin/base/error.h"
#include "akin/base/hash.h"
#include "akin/base/rng.h"
#include "akin/base/synonyms.h"

namespace akin {
namespace {

using ParamInfo = ModelEntry::ParamInfo;

Dimension::Kind kind_of(const ParamInfo& info) {
  if (info.type == "int") return Dimension::Kind::kInteger;
  return info.type == "float" ? Dimension::Kind::kReal : Dimension::Kind::kChoice;
}

Dimension declared(const ParamInfo& info) {
  Dimension dimension{.name = std::string(info.param.name),
                      .kind = kind_of(info),
                      .low = info.param.search.low,
                      .high = info.param.search.high,
                      .log_scale = info.param.log_scale};
  if (dimension.kind != Dimension::Kind::kChoice) return dimension;
  dimension.choices.assign(info.param.choices.begin(), info.param.choices.end());
  if (info.type == "bool") dimension.choices = {"false", "true"};
  return dimension;
}

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

void set_numbers(Dimension& dimension, const ParamInfo& info, std::string_view values,
                 const std::string& text) {
  const std::size_t colon = values.find(':');
  const auto low = parse_number(values.substr(0, colon));
  const auto high = colon == std::string_view::npos ? std::nullopt : parse_number(values.substr(colon + 1));
  if (!low || !high || !(*low < *high)) {
    fail(ErrorCode::kUsage, "range '{}': expected {}=LOW:HIGH, two numbers with LOW below HIGH", text,
         dimension.name);
  }
  if (*low < info.param.min || *high > info.param.max) {
    fail(ErrorCode::kUsage, "range '{}': {} must lie between {} and {}", text, dimension.name, info.param.min,
         info.param.max);
  }
  dimension.low = *low;
  dimension.high = *high;
  if (dimension.log_scale && !(*low > 0)) dimension.log_scale = false;  // a range from 0 is searched evenly
}

void set_choices(Dimension& dimension, const ModelEntry& entry, std::string_view values) {
  dimension.choices.clear();
  while (true) {
    const std::size_t comma = values.find(',');
    dimension.choices.emplace_back(values.substr(0, comma));
    entry.complete({{dimension.name, dimension.choices.back()}});  // refuses wrong ones
    if (comma == std::string_view::npos) return;
    values.remove_prefix(comma + 1);
  }
}

/// The dimension that a text such as "factors=8:64" asks for.
Dimension parse_range(const ModelEntry& entry, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos)
    fail(ErrorCode::kUsage, "range '{}' is not PARAMETER=LOW:HIGH, such as factors=8:64", text);
  std::string name = text.substr(0, equals);
  std::ranges::replace(name, '-', '_');
  const std::vector<ParamInfo> infos = entry.params();
  const auto info =
      std::ranges::find_if(infos, [&](const ParamInfo& known) { return known.param.name == name; });
  if (info == infos.end()) {
    std::vector<std::string> names;
    for (const ParamInfo& known : infos) names.emplace_back(known.param.name);
    fail(ErrorCode::kUsage, "range '{}': {} has no parameter '{}'{}; it has: {}", text, entry.name, name,
         did_you_mean_parameter(name, names), fmt::join(names, ", "));
  }
  Dimension dimension = declared(*info);
  const std::string_view values = std::string_view(text).substr(equals + 1);
  if (dimension.kind == Dimension::Kind::kChoice) {
    set_choices(dimension, entry, values);
  } else {
    set_numbers(dimension, *info, values, text);
  }
  return dimension;
}

std::string draw_number(const Dimension& dimension, Rng& rng) {
  const bool whole = dimension.kind == Dimension::Kind::kInteger;
  // A whole number n stands for [n, n + 1), so that both ends are as likely as the others.
  const double high = whole ? std::floor(dimension.high) + 1 : dimension.high;
  const double low = whole ? std::ceil(dimension.low) : dimension.low;
  const double u = rng.uniform();
  const double number = dimension.log_scale ? low * std::pow(high / low, u) : low + (high - low) * u;
  if (whole) return fmt::format("{:.0f}", std::clamp(std::floor(number), low, high - 1));
  const double rounded = *parse_number(fmt::format("{:.4g}", number));  // what a person can read
  return fmt::format("{}", std::clamp(rounded, low, high));
}

std::string range_text(const Dimension& dimension) {
  if (dimension.kind == Dimension::Kind::kChoice)
    return fmt::format("{}={}", dimension.name, fmt::join(dimension.choices, ","));
  return fmt::format("{}={}:{}{}", dimension.name, dimension.low, dimension.high,
                     dimension.log_scale ? " (log)" : "");
}

}  // namespace

SearchSpace::SearchSpace(const ModelEntry& entry, const ParamValues& fixed,
                         const std::vector<std::string>& ranges) {
  const ParamValues all = entry.complete(fixed);
  for (const auto& [name, value] : fixed) {
    std::string key = name;
    std::ranges::replace(key, '-', '_');
    fixed_[key] = all.at(key);
  }
  for (const ParamInfo& info : entry.params()) {
    if (info.param.search.on()) dimensions_.push_back(declared(info));
  }
  for (const std::string& text : ranges) {
    Dimension dimension = parse_range(entry, text);
    if (fixed_.contains(dimension.name))
      fail(ErrorCode::kUsage, "range '{}': {} is fixed already", text, dimension.name);
    const auto known = std::ranges::find(dimensions_, dimension.name, &Dimension::name);
    if (known == dimensions_.end()) {
      dimensions_.push_back(std::move(dimension));
    } else {
      *known = std::move(dimension);
    }
  }
  std::erase_if(dimensions_, [&](const Dimension& dimension) { return fixed_.contains(dimension.name); });
  if (dimensions_.empty()) fail(ErrorCode::kUsage, "{}: nothing is left to search", entry.name);
}

ParamValues SearchSpace::sample(std::uint64_t seed, int trial) const {
  ParamValues values = fixed_;
  if (trial == 0) return values;
  for (const Dimension& dimension : dimensions_) {
    Rng rng(hash_bytes(dimension.name.data(), dimension.name.size(), seed),
            static_cast<std::uint64_t>(trial));
    values[dimension.name] = dimension.kind == Dimension::Kind::kChoice
                                 ? dimension.choices[rng.below(dimension.choices.size())]
                                 : draw_number(dimension, rng);
  }
  return values;
}

std::string SearchSpace::text() const {
  std::vector<std::string> texts;
  for (const Dimension& dimension : dimensions_) texts.push_back(range_text(dimension));
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace akin
