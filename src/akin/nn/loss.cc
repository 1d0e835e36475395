#include "akin/nn/loss.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "akin/base/error.h"
#include "akin/nn/parse_name.h"

namespace akin::nn {
namespace {

constexpr std::array<std::string_view, 5> kLosses = {
    "mse", "mae", "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"};

}  // namespace

Loss parse_loss(std::string_view name) { return parse_name<Loss>(name, kLosses, "loss"); }
std::string_view to_string(Loss loss) { return kLosses[static_cast<std::size_t>(loss)]; }

void check_targets(const NetSpec& spec, Loss loss, const Shape& target) {
  const Shape& output = spec.shape(spec.output()).output;
  const std::string& layer = spec.layers()[spec.output()].name;
  if (loss == Loss::kSparseCategoricalCrossentropy) {
    Shape classes(output.begin(), output.end() - 1);
    Shape labels = target;
    if (labels.size() > classes.size() && labels.back() == 1) labels.pop_back();
    if (output.back() >= 2 && labels == classes) return;
    fail(ErrorCode::kUsage,
         "net {}: {} needs one class number per sample and an output of at least 2 classes; targets are {}, "
         "layer {} gives {}",
         spec.name(), to_string(loss), shape_text(target), layer, shape_text(output));
  }
  if (loss == Loss::kCategoricalCrossentropy && output.back() < 2)
    fail(ErrorCode::kUsage,
         "net {}: {} needs at least 2 classes; layer {} gives {}; "
         "for one probability take binary_crossentropy",
         spec.name(), to_string(loss), layer, shape_text(output));
  const bool one_number = target.empty() && count_of(output) == 1;
  if (!one_number && target != output)
    fail(ErrorCode::kUsage, "net {}: targets are {}, but layer {} gives {}", spec.name(), shape_text(target),
         layer, shape_text(output));
}

void check_labels(const NetSpec& spec, Loss loss, std::span<const float> targets) {
  const auto classes = static_cast<float>(spec.shape(spec.output()).output.back());
  const auto wrong = [&](float target) {
    switch (loss) {
      case Loss::kSparseCategoricalCrossentropy:
        return !(target >= 0 && target < classes && target == std::floor(target));
      case Loss::kCategoricalCrossentropy:
      case Loss::kBinaryCrossentropy:
        return !(target >= 0 && target <= 1);
      case Loss::kMse:
      case Loss::kMae:
        return !std::isfinite(target);
    }
    return false;
  };
  const auto found = std::ranges::find_if(targets, wrong);
  if (found == targets.end()) return;
  std::string wanted = "a number";
  if (loss == Loss::kSparseCategoricalCrossentropy)
    wanted = fmt::format("a class number from 0 to {}", classes - 1);
  if (loss == Loss::kCategoricalCrossentropy || loss == Loss::kBinaryCrossentropy) wanted = "from 0 to 1";
  fail(ErrorCode::kBadData, "net {}: target {} is {}; {} needs it to be {}", spec.name(),
       found - targets.begin(), *found, to_string(loss), wanted);
}

}  // namespace akin::nn
