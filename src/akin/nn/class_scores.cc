#include "akin/nn/class_scores.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "akin/linalg/pair_area.h"

namespace akin::nn {
namespace {

/// By sample; empty if these are not two classes.
struct Classes {
  std::vector<float> chances;  // of the positive class
  std::vector<char> positive;
};

Classes two_classes(Loss loss, const Array& outputs, const Array& targets) {
  if (!predicts_classes(loss)) return {};
  const bool sparse = loss == Loss::kSparseCategoricalCrossentropy;
  const bool one = loss == Loss::kBinaryCrossentropy;
  const std::int64_t n = outputs.samples(), columns = one ? 1 : 2, labels = one || sparse ? 1 : 2;
  if (n == 0 || outputs.is_ids() || targets.is_ids()) return {};
  const auto width = [n](const Array& array) { return static_cast<std::int64_t>(array.floats().size()) / n; };
  if (width(outputs) != columns || width(targets) != labels) return {};

  Classes result;
  for (std::int64_t i = 0; i < n; ++i) {
    const float chance = outputs.floats()[static_cast<std::size_t>(i * columns + columns - 1)];
    const float label = targets.floats()[static_cast<std::size_t>(i * labels + labels - 1)];
    if (!(chance >= 0 && chance <= 1) || (label != 0 && label != 1)) return {};
    result.chances.push_back(chance);
    result.positive.push_back(label == 1 ? 1 : 0);
  }
  return result;
}

double calibration_error(const Classes& classes) {
  constexpr std::size_t kBins = 10;
  std::array<double, kBins> difference = {};  // sum of chances - positives
  for (std::size_t i = 0; i < classes.chances.size(); ++i) {
    const float chance = classes.chances[i];
    const auto bin = std::min(static_cast<std::size_t>(chance * kBins), kBins - 1);
    difference[bin] += static_cast<double>(chance) - classes.positive[i];
  }
  double sum = 0;
  for (const double d : difference) sum += std::abs(d);
  return sum / static_cast<double>(classes.chances.size());
}

}  // namespace

bool predicts_classes(Loss loss) {
  return loss == Loss::kBinaryCrossentropy || loss == Loss::kCategoricalCrossentropy ||
         loss == Loss::kSparseCategoricalCrossentropy;
}

Scores class_scores(Loss loss, const Array& outputs, const Array& targets) {
  const Classes classes = two_classes(loss, outputs, targets);
  Scores result;
  if (classes.chances.empty()) return result;
  result["ECE"] = calibration_error(classes);
  if (const double area = pair_area(classes.chances, classes.positive); !std::isnan(area))
    result["AUC"] = area;
  double expected = 0, positives = 0;
  for (std::size_t i = 0; i < classes.chances.size(); ++i) {
    expected += static_cast<double>(classes.chances[i]);
    positives += classes.positive[i];
  }
  if (positives > 0) result["calibration"] = expected / positives;
  return result;
}

}  // namespace akin::nn
