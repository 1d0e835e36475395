#include "akin/models/embed/item2vec.h"

namespace akin {

std::vector<Param> Item2Vec::Config::params() {
  constexpr std::string_view kNone[] = {"sg", "hs", "cbow_mean", "shrink_windows"};
  std::vector<Param> all = params_without(kNone);
  all.push_back({"set",
                 &set,
                 "basket: what a user did at one time is a set; user: all that they did",
                 0,
                 0,
                 {"basket", "user"}});
  return all;
}

std::unique_ptr<Model> Item2Vec::fit(const TrainingData& data, const Config& config, const Context& context) {
  EmbedOptions options = config.options(kName);
  options.windows.shrink = false;
  options.windows.shuffle = true;
  const SequenceOf sequence = config.set == "basket" ? SequenceOf::kBasket : SequenceOf::kUser;
  const ItemCorpus text = item_corpus(data, static_cast<std::uint64_t>(config.min_count), sequence, kName);
  return fit_embed(data, config, text, options, context, kName);
}

}  // namespace akin
