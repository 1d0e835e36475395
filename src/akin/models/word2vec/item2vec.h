// Item vectors from sets: what lies in a basket together.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "akin/models/fit/context.h"
#include "akin/models/word2vec/word2vec_model.h"

namespace akin {

/// item2vec (Barkan & Koenigstein 2016): skip-gram with negative sampling where the context of an item is the
/// whole basket, whatever the order. With `basket = basket` that is what a user did at one time, with
/// `basket = user` all that they did; `auto` takes baskets where some user has two events at one time.
/// Baskets of more than window + 1 items are shuffled again each epoch and each item takes the `window` ones
/// before and after it for context.
class Item2Vec : public Word2VecModel {
 public:
  struct Config : Word2VecFamilyConfig {
    std::string basket = "auto";
    Config() { window = 50; }
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "item2vec";
  static constexpr std::string_view kSummary = "skip-gram over baskets (Barkan & Koenigstein 2016)";
  static constexpr Traits kTraits = {.iterative = true,
                                     .planned_schedule = true,
                                     .warm_start = true,
                                     .takes_item_vectors = true,
                                     .distributed = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

}  // namespace akin
