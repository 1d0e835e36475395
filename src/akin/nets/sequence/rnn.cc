#include "akin/nets/sequence/rnn.h"

namespace akin {

Rnn::Config::Config() {
  layers = 1;
  positions = false;
}

std::vector<Param> Rnn::Config::params() {
  std::vector<Param> all = AttentionConfig::params(attention::kOtherInputsHelp);
  std::erase_if(all, [](const Param& param) { return param.name == "heads" || param.name == "positions"; });
  for (Param& param : all) {
    if (param.name == "layers") param.help = "recurrent layers, each of `factors` units";
    if (param.name == "dropout")
      param.help = "fraction of inputs and of the layers' outputs dropped in training";
  }
  all.insert(all.begin(),
             {{"cell", &cell, "lstm = long short-term memory; rnn = a layer of tanh", 0, 0, {"lstm", "rnn"}},
              {"bptt", &bptt, "gradients go back in blocks of so many items; 0 = to the first", 0, 100'000}});
  return all;
}

std::unique_ptr<Model> Rnn::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  attention::refuse_times(config, kName);
  return attention::fit_attention(data, attention::parse_block(config.cell), config, kName, context);
}

}  // namespace akin
