#include "akin/experiment/fit_history.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "akin/base/best_score.h"
#include "akin/base/error.h"
#include "akin/base/json_text.h"

namespace akin {
namespace {

using nlohmann::json;

json number(double value) { return std::isfinite(value) ? json(value) : json(); }

}  // namespace

bool needs_monitor(const MonitorOptions& options) {
  return !options.metric.empty() || !options.checkpoint.empty() || options.stop_after > 0;
}

const CurvePoint* best_point(const LearningCurve& curve, Better better) {
  BestScore scores(better == Better::kHigher);
  const CurvePoint* best = nullptr;
  for (const CurvePoint& point : curve) {
    if (point.evaluated() && scores.add(point.value)) best = &point;
  }
  return best;
}

int evaluations_since_best(const LearningCurve& curve, Better better) {
  BestScore scores(better == Better::kHigher);
  for (const CurvePoint& point : curve) {
    if (point.evaluated()) scores.add(point.value);
  }
  return scores.since();
}

std::string curve_text(const LearningCurve& curve) {
  json list = json::array();
  for (const CurvePoint& p : curve)
    list.push_back({p.epoch, number(p.loss), number(p.value), number(p.low), number(p.high), p.seconds});
  return list.dump();
}

LearningCurve parse_curve(const std::string& text, std::string_view where) {
  const json list = parse_json(text, fmt::format("{}: its learning curve", where));
  LearningCurve curve;
  bool right = list.is_array();
  for (std::size_t i = 0; right && i < list.size(); ++i) {
    const json& row = list[i];
    right = row.is_array() && row.size() == 6 && row[0].is_number_integer() && row[5].is_number();
    for (std::size_t c = 1; right && c < 5; ++c) right = row[c].is_null() || row[c].is_number();
    if (!right) break;
    const auto real = [&](std::size_t c) {
      return row[c].is_null() ? std::numeric_limits<double>::quiet_NaN() : row[c].get<double>();
    };
    const auto epoch = row[0].get<std::int64_t>();
    right = epoch > 0 && epoch <= std::numeric_limits<int>::max();
    if (!right) break;
    curve.push_back({static_cast<int>(epoch), real(1), real(2), real(3), real(4), row[5].get<double>()});
    right = curve.back().epoch > (i == 0 ? 0 : curve[i - 1].epoch);
  }
  if (!right) fail(ErrorCode::kBadData, "{}: its learning curve is damaged", where);
  return curve;
}

}  // namespace akin
