// The fused model with the models of the catalogue as sources.
#pragma once

#include "akin/fusion/fused.h"

namespace akin {

/// The vectors that a model of the catalogue, fitted to `data` with the source's parameters, gives the items. nullopt if
/// there is no model of that name. Throws Error(kUsage) for models without vectors of items.
std::optional<OtherVectors> catalogue_vectors(const SourceSpec& source, const TrainingData& data,
                                              const FitContext& context);

/// Fused for the list of models: it lies below the catalogue, which it fits its sources by.
struct FusedEntry {
  using Config = Fused::Config;
  static constexpr std::string_view kName = Fused::kName, kSummary = Fused::kSummary;
  static constexpr Traits kTraits = Fused::kTraits;
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context) {
    return Fused::fit(data, config, context, catalogue_vectors);
  }
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
    return Fused::load(reader, n_users, n_items);
  }
};

}  // namespace akin
