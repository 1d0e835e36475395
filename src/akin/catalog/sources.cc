#include "akin/catalog/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/text.h"
#include "akin/data/item_content.h"
#include "akin/encode/concat_encoder.h"
#include "akin/encode/content_encoder.h"
#include "akin/fusion/content_model.h"
#include "akin/nets/sequence/attention_net.h"

namespace akin {
namespace {

constexpr std::string_view kImportAttributes =
    "`akin import csv --items FILE`, `import amazon --meta FILE` and the tables beside MovieLens and RecBole "
    "files "
    "bring attributes of items";
constexpr std::string_view kImportReviews = "--text of csv and reviews of amazon bring reviews";

constexpr const char* kImportTimes = "--time COLUMN of `akin import csv` brings times";

std::string import_content() { return fmt::format("{}, {}", kImportAttributes, kImportReviews); }

/// The value of a parameter, "" if the model has none of that name.
std::string param_of(const ModelSpec& model, const std::string& name) {
  const ParamValues params = model.all_params();
  const auto found = params.find(name);
  return found == params.end() ? "" : found->second;
}

/// The fields of items that the model reads, separated by commas: of `fields`, or of the encoders in `content`.
std::string fields_of(const ModelSpec& model) {
  const std::string content = param_of(model, "content");
  if (content.empty()) return param_of(model, "fields");
  std::vector<EncoderPart> parts = parse_encoder_parts(content);
  set_fields(parts, param_of(model, "fields"));
  std::string fields;
  for (const EncoderPart& part : parts) {
    const ParamValues params = find_encoder(part.name).complete(part.params);
    if (const auto found = params.find("fields"); found != params.end()) fields += found->second + ",";
  }
  return fields;
}

/// Whether a user has events at two different times.
bool has_receipts(const Dataset& data) {
  const auto next_receipt = [](const Event& a, const Event& b) {
    return a.user == b.user && a.time != b.time;
  };
  return std::ranges::adjacent_find(data.events, next_receipt) != data.events.end();
}

bool values_differ(const Dataset& data) {
  return std::ranges::adjacent_find(data.events, std::ranges::not_equal_to{}, &Event::value) !=
         data.events.end();
}

std::string missing_content(const ModelSpec& model, const Dataset& data) {
  const std::vector<std::string> names = ItemContent(data).fields();
  if (model.name() == ContentName<ImageEncoder>::kName) {
    const ItemContent content(data);
    for (std::size_t i = 0; i < content.size(); ++i) {
      if (!content.pictures(i).empty()) return "";
    }
    return fmt::format(
        "{} needs pictures, and the items of {} have none: `akin import ... --pictures FOLDER`", model.name(),
        data.name);
  }
  if (names.empty())
    return fmt::format("{} learns from the content of items, and {} has none: {}", model.name(), data.name,
                       import_content());
  const std::string fields = fields_of(model);
  for (const std::string_view field : split(fields, ',')) {
    if (field.empty() || std::ranges::find(names, field) != names.end() ||
        std::ranges::find(names, split_field_weight(field).first) != names.end())
      continue;
    return fmt::format("{} needs the field '{}', and the items of {} have none{}; they have {}. {}",
                       model.name(), field, data.name, did_you_mean(field, names), fmt::join(names, ", "),
                       import_content());
  }
  return "";
}

}  // namespace

std::string missing_source(const ModelSpec& model, const Dataset& data) {
  const Traits& traits = model.traits();
  if (model.name() == ContentName<PretrainedEncoder>::kName && param_of(model, "file").empty()) {
    return fmt::format(
        "{} needs the file of a pretrained encoder, file=FILE: `akin encoder import` writes it",
        model.name());
  }
  if (traits.uses_content) return missing_content(model, data);
  if (traits.uses_reviews && data.reviews.size() == 0) {
    return fmt::format("{} learns from reviews, and {} has none: {}", model.name(), data.name,
                       kImportReviews);
  }
  if (traits.uses_receipts && !has_receipts(data)) {
    return fmt::format(
        "{} learns from receipts that follow one another, and no user of {} has events at two times: {}",
        model.name(), data.name, kImportTimes);
  }
  if (param_of(model, "weights") == "recency" && !data.has_times())
    return fmt::format("{}: weights=recency needs times, and {} has none: {}", model.name(), data.name,
                       kImportTimes);
  return "";
}

std::vector<std::string> event_attributes_of(const ModelSpec& model) {
  return attention::parse_inputs(param_of(model, "inputs")).attributes;
}

std::string source_remark(const ModelSpec& model, const Dataset& data) {
  const Traits& traits = model.traits();
  if (data.events.empty()) return "";
  if (traits.predicts_ratings && !values_differ(data)) {
    return fmt::format(
        "{} learns from ratings, and the values of all events of {} are {}: --value COLUMN of `akin import "
        "csv` brings "
        "ratings",
        model.name(), data.name, data.events[0].value);
  }
  const bool counts_events = !traits.predicts_ratings && !traits.predicts_probability &&
                             !traits.uses_content && param_of(model, "use_values") != "true";
  const auto no_likes =
      std::ranges::count_if(data.events, [](const Event& event) { return event.value <= 0; });
  if (counts_events && no_likes > 0) {
    return fmt::format(
        "{} counts events, also those that are no likes: {} of {} events of {} have values of 0 or less; an "
        "import without --keep-nonpositive leaves them out",
        model.name(), format_count(static_cast<std::uint64_t>(no_likes)), format_count(data.events.size()),
        data.name);
  }
  const std::string fields = param_of(model, "fields");
  const auto is_there = [&](std::string_view field) { return data.item_attributes.find(field) != nullptr; };
  if (traits.uses_attributes && std::ranges::none_of(split(fields, ','), is_there)) {
    return fmt::format(
        "{} learns from attributes of items too ({}), and {} has none of them: it learns from events "
        "alone; {}",
        model.name(), fields, data.name, kImportAttributes);
  }
  return "";
}

}  // namespace akin
