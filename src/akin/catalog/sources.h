// Whether a data set holds what a model learns from.
#pragma once

#include <string>
#include <vector>

#include "akin/catalog/registry.h"

namespace akin {

/// What the model cannot do without and `data` does not have, by its Traits and the parameters that name
/// sources (content and its fields, receipts, times), with the flag of `akin import` that brings it; "" if it has
/// everything.
std::string missing_source(const ModelSpec& model, const Dataset& data);

/// The same of what the model learns from and does without (ratings, attributes): what it
/// comes to then.
std::string source_remark(const ModelSpec& model, const Dataset& data);

/// The attributes of events that the model is to read (its parameter `inputs`), for note_contexts() before the data is
/// split.
std::vector<std::string> event_attributes_of(const ModelSpec& model);

}  // namespace akin
