#include "akin/models/fit/epochs.h"

#include "akin/base/error.h"

namespace akin {
namespace {

void run_from(int first, const Epochs& epochs, const FitState& state, const FitContext& context) {
  for (int epoch = first; epoch < epochs.total; ++epoch) {
    context.check_stop();
    const double loss = epochs.run(epoch);
    if (!epochs.phase.empty()) {
      context.report({.phase = epochs.phase,
                      .done = static_cast<std::uint64_t>(epoch) + 1,
                      .total = static_cast<std::uint64_t>(epochs.total),
                      .unit = epochs.unit,
                      .loss = loss});
    }
    if (context.log) context.log->losses.push_back(loss);
    if (context.observer && epochs.gather) epochs.gather();
    if (context.observer && !context.observer->after_epoch(epoch + 1, loss, state, epochs.snapshot)) return;
  }
}

}  // namespace

void run_epochs(const Epochs& epochs, FitState state, const FitContext& context) {
  if (!context.observer) {
    run_from(0, epochs, state, context);
    if (epochs.gather) epochs.gather();
    return;
  }
  FitObserver& observer = *context.observer;
  try {
    run_from(observer.begin(state, epochs.total), epochs, state, context);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) observer.cancelled();
    throw;
  }
  observer.end(state);
}

void fail_diverged(std::string_view model, int epoch, float learning_rate) {
  fail(ErrorCode::kBadData, "{}: training diverged in epoch {}; lower learning_rate (now {})", model,
       epoch + 1, learning_rate);
}

}  // namespace akin
