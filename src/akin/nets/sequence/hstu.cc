#include "akin/nets/sequence/hstu.h"

namespace akin {

std::unique_ptr<Model> Hstu::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  return attention::fit_attention(data, attention::BlockKind::kHstu, config, kName, context);
}

}  // namespace akin
