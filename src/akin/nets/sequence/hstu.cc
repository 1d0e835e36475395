#include "akin/nets/sequence/hstu.h"

namespace akin {

std::vector<Param> Hstu::Config::params() {
  return AttentionConfig::params(
      "more that the net reads of each event, separated by commas: gap, hour, weekday (of what "
      "comes next, UTC), kind, and attributes of events by name");
}

attention::BlockKind Hstu::block_of(const Config&) { return attention::BlockKind::kHstu; }

std::unique_ptr<Model> Hstu::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  return attention::fit_attention(data, block_of(config), config, kName, context);
}

}  // namespace akin
