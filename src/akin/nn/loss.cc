#include "akin/nn/loss.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "akin/base/error.h"
#include "akin/nn/parse_name.h"

namespace akin::nn {
namespace {

constexpr std::array<std::string_view, 13> kLosses = {"mse",
                                                      "mae",
                                                      "binary_crossentropy",
                                                      "categorical_crossentropy",
                                                      "sparse_categorical_crossentropy",
                                                      "multinomial",
                                                      "candidate_softmax",
                                                      "candidate_bce",
                                                      "gbce",
                                                      "bpr",
                                                      "bpr_max",
                                                      "top1_max",
                                                      "triplet_hinge"};

/// One weight for each position, or a sample's only one as a vector.
void check_candidates(const NetSpec& spec, Loss loss, const Shape& target) {
  const Shape& output = spec.shape(spec.output()).output;
  Shape positions(output.begin(), output.end() - 1);
  const bool one = positions.empty() && target == Shape{1};
  if (output.back() >= 2 && (one || target == positions)) return;
  fail(ErrorCode::kUsage,
       "net {}: {} needs scores of at least 2 candidates, and a weight for each position; targets are {}, "
       "layer {} gives {}",
       spec.name(), to_string(loss), shape_text(target), spec.layers()[spec.output()].name,
       shape_text(output));
}

}  // namespace

Loss parse_loss(std::string_view name) { return parse_name<Loss>(name, kLosses, "loss"); }
std::string_view to_string(Loss loss) { return kLosses[static_cast<std::size_t>(loss)]; }

bool takes_lists(Loss loss) { return loss == Loss::kMultinomial; }
bool compares_candidates(Loss loss) { return loss >= Loss::kCandidateSoftmax; }

void check_targets(const NetSpec& spec, Loss loss, const Shape& target) {
  const Shape& output = spec.shape(spec.output()).output;
  const std::string& layer = spec.layers()[spec.output()].name;
  if (compares_candidates(loss)) return check_candidates(spec, loss, target);
  if (takes_lists(loss)) {
    if (output.size() == 1 && output[0] >= 2 && target.size() == 1) return;
    fail(ErrorCode::kUsage,
         "net {}: {} needs an output of one number for each of at least 2 classes, and a list of indices for "
         "each sample; targets are {}, layer {} gives {}",
         spec.name(), to_string(loss), shape_text(target), layer, shape_text(output));
  }
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
      default:
        return !(target >= 0 && std::isfinite(target));
    }
  };
  const auto found = std::ranges::find_if(targets, wrong);
  if (found == targets.end()) return;
  std::string wanted = "a number";
  if (loss == Loss::kSparseCategoricalCrossentropy)
    wanted = fmt::format("a class number from 0 to {}", classes - 1);
  if (loss == Loss::kCategoricalCrossentropy || loss == Loss::kBinaryCrossentropy) wanted = "from 0 to 1";
  if (compares_candidates(loss)) wanted = "a weight of at least 0";
  fail(ErrorCode::kBadData, "net {}: target {} is {}; {} needs it to be {}", spec.name(),
       found - targets.begin(), *found, to_string(loss), wanted);
}

void check_labels(const NetSpec& spec, Loss loss, std::span<const std::int32_t> targets) {
  const std::int64_t classes = spec.shape(spec.output()).output.back();
  const auto outside = [classes](std::int32_t id) { return id < 0 || id > classes; };
  const auto found = std::ranges::find_if(targets, outside);
  if (found == targets.end()) return;
  fail(ErrorCode::kBadData, "net {}: target {} is {}; {} needs it to be 0 for none, or a class from 1 to {}",
       spec.name(), found - targets.begin(), *found, to_string(loss), classes);
}

}  // namespace akin::nn
