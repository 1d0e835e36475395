#include "akin/nets/sequence/sasrec.h"

namespace akin {

std::vector<Param> Sasrec::Config::params() {
  std::vector<Param> all = AttentionConfig::params();
  all.insert(
      all.begin(),
      {"block", &block, "ligr = gated, SwiGLU (eSASRec); sasrec = as of 2018", 0, 0, {"ligr", "sasrec"}});
  return all;
}

std::unique_ptr<Model> Sasrec::fit(const TrainingData& data, const Config& config,
                                   const FitContext& context) {
  return attention::fit_attention(data, attention::parse_block(config.block), config, kName, context);
}

}  // namespace akin
