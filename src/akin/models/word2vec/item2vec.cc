#include "akin/models/word2vec/item2vec.h"

#include <algorithm>

#include "akin/base/communicator.h"

namespace akin {
namespace {

/// Whether some user, of whatever rank, did two things at one known time.
bool has_baskets(std::span<const Event> events, const Communicator& ranks) {
  const auto found = std::ranges::adjacent_find(events, [](const Event& a, const Event& b) {
    return a.user == b.user && a.time == b.time && a.time != kNoTime;
  });
  return sum_over_ranks(ranks, found != events.end() ? 1 : 0) > 0;
}

}  // namespace

std::vector<Param> Item2Vec::Config::params() {
  constexpr std::string_view kNone[] = {"sg", "hs", "cbow_mean", "shrink_windows", "in_order"};
  std::vector<Param> all = params_without(kNone);
  set_help(all, "window", "maximum number of items on each side of an item that are its context");
  set_help(all, "negatives",
           "negative samples per pair (gensim: negative); 0 = full softmax, for small catalogs");
  std::ranges::find(all, "window", &Param::name)->search = {1, 100};
  all.push_back(
      {"basket",
       &basket,
       "what a basket is: basket = a user's events at one time; user = all events of a user; auto = "
       "basket, if any has two items",
       0,
       0,
       {"auto", "basket", "user"}});
  return all;
}

std::unique_ptr<Model> Item2Vec::fit(const TrainingData& data, const Config& config,
                                     const FitContext& context) {
  Word2VecOptions options = config.options(kName);
  options.windows.shrink = false;
  options.windows.shuffle = true;
  const bool baskets =
      config.basket == "basket" || (config.basket == "auto" && has_baskets(data.events, context.ranks()));
  const SequenceOf sequence = baskets ? SequenceOf::kBasket : SequenceOf::kUser;
  const ItemCorpus text =
      item_corpus(data, static_cast<std::uint64_t>(config.min_count), sequence, kName, context);
  return fit_embed(data, config, text, options, context, kName);
}

}  // namespace akin
