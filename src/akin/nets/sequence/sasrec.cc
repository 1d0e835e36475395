#include "akin/nets/sequence/sasrec.h"

#include "akin/base/error.h"

namespace akin {

std::vector<Param> Sasrec::Config::params() {
  std::vector<Param> all = AttentionConfig::params("more that the net reads of each event: kind, or nothing");
  all.insert(
      all.begin(),
      {"block", &block, "ligr = gated, SwiGLU (eSASRec); sasrec = as of 2018", 0, 0, {"ligr", "sasrec"}});
  return all;
}

attention::BlockKind Sasrec::block_of(const Config& config) {
  if ((attention::parse_inputs(config.inputs) & ~attention::kKindInput) != 0) {
    fail(ErrorCode::kUsage, "{}: inputs '{}': of times only hstu knows; here it is kind or nothing", kName,
         config.inputs);
  }
  return attention::parse_block(config.block);
}

std::unique_ptr<Model> Sasrec::fit(const TrainingData& data, const Config& config,
                                   const FitContext& context) {
  return attention::fit_attention(data, block_of(config), config, kName, context);
}

}  // namespace akin
