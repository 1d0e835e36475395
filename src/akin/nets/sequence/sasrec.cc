#include "akin/nets/sequence/sasrec.h"

namespace akin {

std::vector<Param> Sasrec::Config::params() {
  std::vector<Param> all = AttentionConfig::params(attention::kOtherInputsHelp);
  all.insert(
      all.begin(),
      {"block", &block, "ligr = gated, SwiGLU (eSASRec); sasrec = as of 2018", 0, 0, {"ligr", "sasrec"}});
  return all;
}

attention::BlockKind Sasrec::block_of(const Config& config) {
  attention::refuse_times(config, kName);
  return attention::parse_block(config.block);
}

std::unique_ptr<Model> Sasrec::fit(const TrainingData& data, const Config& config,
                                   const FitContext& context) {
  return attention::fit_attention(data, block_of(config), config, kName, context);
}

}  // namespace akin
