// Scoring a trained model on what was held out when it was trained.

#include "akin/base/error.h"
#include "akin/experiment/model_result.h"
#include "akin/store/bundle.h"

namespace akin {

ModelResult evaluate_bundle(const Bundle& bundle, EvaluateOptions options, const Context& context) {
  check_filled(bundle);
  if (bundle.test.empty()) {
    fail(ErrorCode::kBadData,
         "nothing was held out when {} was trained (holdout {}); train it again with another, such as last",
         bundle.entry->name, to_string(bundle.split));
  }
  options.each_event = bundle.split.holdout == Holdout::kSessions;
  ModelResult result{std::string(bundle.entry->name), bundle.params, bundle.fit_seconds, {}};
  result.evaluation =
      evaluate(*bundle.model, bundle.entry->traits, bundle.known_data(), bundle.test, options, context);
  return result;
}

}  // namespace akin
