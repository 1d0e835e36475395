// A trained model's file: model, parameters, split, ids, history. All that recommend, similar, evaluate and
// export need.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "akin/catalog/registry.h"
#include "akin/data/dataset.h"
#include "akin/data/split.h"
#include "akin/store/measured.h"

namespace akin {

class ContentModel;  // fusion/content_model.h

/// An encoder beside a bundle's model, with the vectors that it gives the items of the catalogue: it places new
/// items though the model learns from events.
struct BundlePart {
  std::string name;  ///< letters, digits, - and _
  std::shared_ptr<const ContentModel> content;
};

/// What a bundle file holds.
struct Bundle {
  const ModelEntry* entry = nullptr;
  ParamValues params;  ///< all parameters, defaults included
  std::uint64_t seed = 42;
  double fit_seconds = 0;  ///< of the last fit
  int updates = 0;         ///< fits since the first one, each continuing with more events
  SplitSpec split;
  /// Ids, attributes, candidates, and the events known when the model is asked: those it was fitted to, the
  /// validation part and the history part; Event::part says which. No reviews, and of the attributes of events those that
  /// the model reads.
  Dataset dataset;
  std::vector<Event> test;  ///< the held-out events, sorted by (user, time)
  std::unique_ptr<Model> model;
  std::vector<BundlePart> parts = {};  ///< by name, each once
  /// Figures of the fit that came before this one, which is to all events (TrainOptions::final).
  std::optional<Measured> measured;

  /// What is known of users when the model is asked: more than it was fitted to.
  TrainingData known_data() const { return {dataset, dataset.events}; }
  /// What the model was fitted to.
  std::vector<Event> training_events() const { return events_of(dataset.events, Subset::kTrain); }
  /// Known events of a part.
  std::uint64_t count(Subset subset) const;
};

/// The part of this name; "" = the only one. Throws Error(kNotFound) naming those there are, Error(kUsage) for ""
/// where there is not exactly one.
const ContentModel& part_of(const Bundle& bundle, const std::string& name);
/// Adds a part, in place of one of the same name. Throws Error(kUsage) for a wrong name.
void set_part(Bundle& bundle, BundlePart part);

/// Throws Error(kUsage) if the bundle holds no model: it was never filled, or was moved away.
void check_filled(const Bundle& bundle);

/// The items' embedding without the biases that may be folded in, (n_items, embedding_dim): zeros for items
/// that the model does not know. No columns if the model has none.
Matrix item_embedding(const Bundle& bundle);
/// The users' vectors in the space of the items' embedding, (n_users, embedding_dim), zeros for users that
/// the model knows nothing of. Throws Error(kCancelled).
Matrix user_embedding(const Bundle& bundle, const Context& context);

/// Throws Error(kIo). Collective: the first of several ranks writes; where they divide the data
/// (Dataset::user_bounds), the events of all, and of a model with Traits::divides_users the vectors of all.
void save_bundle(const Bundle& bundle, const std::string& path, const Communicator& ranks = alone());
/// Throws Error(kBadData) if the file is not a whole bundle, Error(kNotFound)
/// if its model is unknown to this akin.
Bundle load_bundle(const std::string& path);

}  // namespace akin
