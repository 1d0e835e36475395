// Scoring a trained model on what was held out when it was trained.
#pragma once

#include "akin/eval/evaluate.h"
#include "akin/experiment/model_result.h"
#include "akin/store/bundle.h"

namespace akin {

/// evaluate() on the bundle's held-out events, and on nothing else; options.each_event is taken from its
/// split. Throws Error(kBadData) if nothing was held out, and as evaluate().
ModelResult evaluate_bundle(const Bundle& bundle, EvaluateOptions options = {}, const Context& context = {});

}  // namespace akin
