#include "akin/experiment/add_encoder.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/data/split_dataset.h"
#include "akin/encode/encoders.h"
#include "akin/fusion/content_model.h"
#include "akin/store/word_vectors.h"

namespace akin {
namespace {

bool same_ids(const IdMap& a, const IdMap& b) {
  if (a.size() != b.size()) return false;
  for (idx_t i = 0; i < a.size(); ++i) {
    if (a.id(i) != b.id(i)) return false;
  }
  return true;
}

/// The first attribute of items that differs, "" if none does.
std::string other_attribute(const AttributeTable& a, const AttributeTable& b) {
  for (const auto& [table, other] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    for (const auto& [name, column] : table->all()) {
      const StringColumn* const same = other->find(name);
      if (same == nullptr || !(table->type(name) == other->type(name))) return name;
      for (std::size_t row = 0; row < column.size(); ++row) {
        if (column[row] != same->get(row)) return name;
      }
    }
  }
  return "";
}

/// What the bundle's model was trained on, with its reviews.
Dataset training_side(const Bundle& bundle, Dataset data) {
  const bool same_catalogue = same_ids(data.items, bundle.dataset.items);
  const std::string name = data.name;
  SplitDataset parts = split_dataset(std::move(data), bundle.split);
  if (!same_catalogue || parts.test != bundle.test) {
    fail(ErrorCode::kBadData,
         "{} is not the data set that the model was trained on, so what was held out of training is not "
         "known: add "
         "the encoder before `akin update`, or train the model again",
         name);
  }
  const std::string other = other_attribute(parts.dataset.item_attributes, bundle.dataset.item_attributes);
  if (!other.empty()) {
    fail(ErrorCode::kBadData,
         "{} is not the data set that the model was trained on: the attribute {} of its items is another; "
         "train the "
         "model again on this one",
         name, other);
  }
  return std::move(parts.dataset);
}

}  // namespace

void add_encoder(Bundle& bundle, Dataset data, std::string_view encoder, const ParamValues& params,
                 const AddEncoderOptions& options, const Context& context) {
  check_filled(bundle);
  const EncoderEntry& entry = find_encoder(encoder);
  static_cast<void>(entry.complete(params));  // wrong values are reported before anything is read
  WordVectors words;
  if (!options.word_vectors.empty()) words = read_word_vectors(options.word_vectors);
  const Dataset training = training_side(bundle, std::move(data));
  const ItemContent content(training);
  const std::vector<idx_t> items = items_to_learn_from({training, training.events});
  auto fitted = entry.fit({content, items, options.word_vectors.empty() ? nullptr : &words}, params, context);
  set_part(bundle, {options.part.empty() ? std::string(encoder) : options.part,
                    std::make_shared<ContentModel>(std::move(fitted), content, false, context)});
}

}  // namespace akin
