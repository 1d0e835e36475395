#include "akin/catalog/fused_entry.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/catalog/fit.h"
#include "akin/fusion/tower_model.h"

namespace akin {

std::optional<OtherVectors> catalogue_vectors(const SourceSpec& source, const TrainingData& data,
                                              const FitContext& context) {
  if (source.kind == "vectors" || source.kind == "bundle") {
    fail(ErrorCode::kUsage,
         "source {}: only `akin fuse` reads the files of such sources ({}); give it the events and sources "
         "again",
         source.name, source.kind);
  }
  const auto entry = std::ranges::find(models(), source.kind, &ModelEntry::name);
  if (entry == models().end() || entry->name == Fused::kName) return std::nullopt;
  FitContext own = context;
  own.observer = nullptr;
  own.start = nullptr;
  own.communicator = nullptr;
  const Fitted fitted = fit_model(ModelSpec(*entry, source.params), data, own);
  if (fitted.model->embedding_dim() == 0) {
    fail(ErrorCode::kUsage,
         "sources: {} has no vectors of items; take a model that has, such as svd, als or prod2vec",
         source.kind);
  }
  const bool content_alone = entry->traits.uses_content && !entry->traits.iterative;
  const auto* const towers = dynamic_cast<const TowerModel*>(fitted.model.get());
  return OtherVectors{
      fitted.model->embeddings().resized(data.source.n_items(), fitted.model->embedding_dim()),
      !content_alone, towers != nullptr ? towers->tower() : nullptr};
}

}  // namespace akin
