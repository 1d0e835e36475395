#include "akin/catalog/fit.h"

#include <chrono>

namespace akin {

Fitted fit_model(const ModelSpec& spec, const TrainingData& data, const FitContext& context) {
  const auto start = std::chrono::steady_clock::now();
  Fitted fitted;
  FitContext logged = context;
  logged.log = &fitted.log;
  fitted.model = spec.entry->fit(data, spec.params, logged);
  fitted.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return fitted;
}

}  // namespace akin
