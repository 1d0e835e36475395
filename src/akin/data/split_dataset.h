// A data set cut once for the models that are fitted to it.
#pragma once

#include <vector>

#include "akin/data/dataset.h"
#include "akin/data/split.h"

namespace akin {

/// A data set, split. Events of all parts are sorted by (user, time).
struct SplitDataset {
  /// Ids, attributes, candidates, and the training events only, with their reviews and attributes: no word
  /// about a held-out event is in it.
  Dataset dataset;
  std::vector<Event> known;  ///< training, validation and history events; empty if training is all of them
  std::vector<Event> validation;  ///< to choose parameters by
  std::vector<Event> test;        ///< to report figures on
  SplitSpec split;

  /// What models are fitted to.
  TrainingData training_data() const { return {dataset, dataset.events, dataset.user_bounds}; }
  /// What is known of users when a model is asked; reviews and event attributes are those of training events.
  TrainingData known_data() const {
    return {dataset, known.empty() ? dataset.events : known, dataset.user_bounds};
  }
  /// What is known of users when a model is asked for validation events: training and history events.
  std::vector<Event> known_for_validation() const;
};

/// Splits `data`, which is moved into the result. Throws what split_events() throws, and Error(kBadData) for
/// events that are not sorted by user, name users or items that do not exist, or have no finite value.
/// Collective: of several ranks, each splits the events it has.
SplitDataset split_dataset(Dataset data, const SplitSpec& spec, const Communicator& ranks = alone());

}  // namespace akin
