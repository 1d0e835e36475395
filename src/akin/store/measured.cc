#include "akin/store/measured.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "akin/base/error.h"
#include "akin/base/json_text.h"

namespace akin {
namespace {

using MeasuredJson = nlohmann::json;

constexpr std::int64_t kMostEvents = std::int64_t{1} << 53;

using Count = std::pair<const char*, std::uint64_t Measured::*>;
constexpr std::array<Count, 10> kCounts = {{{"training_events", &Measured::training_events},
                                            {"users", &Measured::users},
                                            {"lists", &Measured::lists},
                                            {"test_events", &Measured::test_events},
                                            {"repeated_events", &Measured::repeated_events},
                                            {"duplicate_events", &Measured::duplicate_events},
                                            {"cold_item_events", &Measured::cold_item_events},
                                            {"cold_users", &Measured::cold_users},
                                            {"fallback_users", &Measured::fallback_users},
                                            {"mean_events", &Measured::mean_events}}};

MeasuredJson finite_or_null(double value) {
  return std::isfinite(value) ? MeasuredJson(value) : MeasuredJson(nullptr);
}

Measured::Figure parse_figure(const MeasuredJson& object, const std::string& where) {
  const JsonFields fields(object, where);
  return {fields.text("name"), fields.number_or_null("value"), fields.number_or_null("low"),
          fields.number_or_null("high")};
}

}  // namespace

std::string measured_text(const Measured& measured) {
  MeasuredJson figures = MeasuredJson::array();
  for (const Measured::Figure& figure : measured.figures) {
    figures.push_back({{"name", figure.name},
                       {"value", finite_or_null(figure.value)},
                       {"low", finite_or_null(figure.low)},
                       {"high", finite_or_null(figure.high)}});
  }
  MeasuredJson result = {{"holdout", measured.holdout},
                         {"epochs", measured.epochs},
                         {"protocol", measured.protocol},
                         {"cutoffs", measured.cutoffs},
                         {"figures", std::move(figures)}};
  for (const auto& [name, count] : kCounts) result[name] = measured.*count;
  return result.dump();
}

Measured parse_measured(std::string_view text, const std::string& where) {
  const MeasuredJson json = parse_json(text, where);
  const JsonFields fields(json, where);
  Measured measured{.holdout = fields.text("holdout"),
                    .epochs = static_cast<int>(fields.whole("epochs", 0, 1 << 30)),
                    .protocol = fields.text("protocol"),
                    .cutoffs = {},
                    .figures = {}};
  for (const auto& [name, count] : kCounts)
    measured.*count = static_cast<std::uint64_t>(fields.whole(name, 0, kMostEvents));
  const MeasuredJson &cutoffs = fields.field("cutoffs"), &figures = fields.field("figures");
  if (!cutoffs.is_array() || !figures.is_array())
    fail(ErrorCode::kBadData, "{}: cutoffs or figures is not a list", where);
  for (const MeasuredJson& cutoff : cutoffs) {
    if (!cutoff.is_number_integer() || cutoff.get<std::int64_t>() < 1 || cutoff.get<std::int64_t>() > 1 << 30)
      fail(ErrorCode::kBadData, "{}: a cutoff is not a positive whole number", where);
    measured.cutoffs.push_back(cutoff.get<int>());
  }
  for (const MeasuredJson& figure : figures) measured.figures.push_back(parse_figure(figure, where));
  return measured;
}

}  // namespace akin
