#include "akin/models/fit/passes.h"

#include "akin/base/error.h"

namespace akin {
namespace {

void run_from(int first, const Passes& passes, const FitState& state, const FitContext& context) {
  for (int pass = first; pass < passes.total; ++pass) {
    context.check_stop();
    const double loss = passes.run(pass);
    if (!passes.phase.empty()) {
      context.report({.phase = passes.phase,
                      .done = static_cast<std::uint64_t>(pass) + 1,
                      .total = static_cast<std::uint64_t>(passes.total),
                      .unit = passes.unit,
                      .loss = loss});
    }
    if (context.log) context.log->losses.push_back(loss);
    if (context.observer && !context.observer->after_pass(pass + 1, loss, state, passes.snapshot)) return;
  }
}

}  // namespace

void run_passes(const Passes& passes, FitState state, const FitContext& context) {
  if (!context.observer) return run_from(0, passes, state, context);
  FitObserver& observer = *context.observer;
  try {
    run_from(observer.begin(state, passes.total), passes, state, context);
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
