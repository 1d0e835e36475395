#include "akin/store/encoder_file.h"

#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/json_text.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"
#include "akin/encode/encoders.h"
#include "akin/encode/image_encoder.h"
#include "akin/encode/pretrained_encoder.h"
#include "akin/encode/text_model_encoder.h"
#include "akin/encode/text_models.h"
#include "akin/fusion/content_model.h"

namespace akin {
namespace {

AttributeTable types_of(const AttributeTable& attributes) {
  AttributeTable types;
  for (const auto& [name, column] : attributes.all()) {
    types.column(name);
    types.set_type(name, attributes.type(name));
  }
  return types;
}

using Facts = std::vector<std::pair<std::string, std::string>>;

/// The values of a JSON object in the metadata, nested ones as "files.config.json".
void add_object(const nlohmann::json& object, const std::string& before, Facts& facts) {
  for (const auto& [name, value] : object.items()) {
    if (value.is_object()) {
      add_object(value, before + name + ".", facts);
    } else {
      facts.emplace_back(before + name, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
}

/// Where the encoder is in the file: "encoder", "model.encoder" or "part.NAME.encoder".
std::string place_of_encoder(const TensorReader& reader, const std::string& part) {
  if (reader.metadata().contains("encoder")) {
    if (!part.empty())
      fail(ErrorCode::kUsage, "{}: is one encoder, without parts; leave out --part {}", reader.path(), part);
    return "encoder";
  }
  if (part.empty() && reader.has_meta("model.encoder")) return "model.encoder";
  std::vector<std::string> places;
  for (const auto& [key, value] : reader.metadata()) {
    const bool is_place = key.starts_with("part.") && key.ends_with(".encoder");
    if (is_place && (part.empty() || key == "part." + part + ".encoder")) places.push_back(key);
  }
  if (places.empty())
    fail(ErrorCode::kNotFound, "{}: holds no encoder{}", reader.path(), part.empty() ? "" : " " + part);
  if (places.size() > 1)
    fail(ErrorCode::kUsage, "{}: holds several encoders: name one with --part", reader.path());
  return places[0];
}

}  // namespace

StoredEncoder import_encoder(const std::string& folder, const bert::ImportOptions& options,
                             std::string_view fields) {
  std::vector<std::string> names;
  StoredEncoder stored;
  for (const std::string_view name : split(fields, ',')) {
    if (name.empty()) continue;
    names.emplace_back(name);
    stored.types.column(name);
  }
  if (names.empty()) fail(ErrorCode::kUsage, "name at least one field of items, such as title");
  stored.own = std::make_unique<PretrainedEncoder>(std::move(names), bert::import_model(folder, options));
  return stored;
}

std::string_view encoder_reading(const std::string& path) {
  const std::string kind = file_kind(path);
  if (kind == "text") return TrainedTextEncoder::kName;
  if (kind != "encoder") return "";
  const TensorReader reader(path, TensorReader::Access::kMap);
  if (!reader.has_meta("encoder")) return "";
  const std::string& name = reader.meta("encoder");
  if (name == ImageEncoder::kName && !reader.has_meta("encoder.features")) return ImageEncoder::kName;
  return name == PretrainedEncoder::kName && !reader.has_meta("encoder.steps") ? PretrainedEncoder::kName
                                                                               : "";
}

Facts encoder_facts(const std::string& path, const std::string& part) {
  const TensorReader reader(path, TensorReader::Access::kMap);
  const std::string place = place_of_encoder(reader, part);
  Facts facts = {{"encoder", reader.meta(place)}, {"hash", reader.meta(place + ".hash")}};
  if (reader.has_meta(place + ".fields.count"))  // encoders of pictures look at none
    facts.emplace_back("fields", fmt::format("{}", fmt::join(read_texts(reader, place + ".fields"), ", ")));
  for (const char* name : {"manifest", "network", "tokenizer", "settings"}) {
    const std::string key = fmt::format("{}.{}", place, name);
    if (reader.has_meta(key)) add_object(parse_json(reader.meta(key), path + ": metadata " + key), "", facts);
  }
  if (!reader.has_meta(place + ".steps")) return facts;
  std::vector<std::string> steps;
  for (const auto& [tensor, step] :
       {std::pair(".projection", "svd"), std::pair(".mean", "center"), std::pair(".whitening", "whiten")}) {
    const std::string stored = place + tensor;
    if (reader.has(stored) && !reader.shape(stored).empty() && reader.shape(stored)[0] > 0)
      steps.emplace_back(step);
  }
  facts.emplace_back("steps", fmt::format("{}", fmt::join(steps, ", ")));
  return facts;
}

void save_encoder(const ContentEncoder& encoder, const AttributeTable& attributes, const std::string& path) {
  TensorWriter writer("encoder");
  write_encoder(writer, "encoder", encoder);
  write_attributes(writer, "item", types_of(attributes));
  writer.write(path);
}

const ContentEncoder& encoder_of(const Bundle& bundle, const std::string& part) {
  if (const ContentEncoder* const own = bundle.model->encoder(); own != nullptr && part.empty()) return *own;
  return *part_of(bundle, part).encoder();
}

StoredEncoder load_encoder(const std::string& path, const std::string& part) {
  StoredEncoder stored;
  if (file_kind(path) == "encoder") {
    if (!part.empty())
      fail(ErrorCode::kUsage, "{}: is one encoder, without parts; leave out --part {}", path, part);
    const TensorReader reader(path);
    reader.expect_kind("encoder");
    stored.own = read_encoder(reader, "encoder");
    stored.types = read_attributes(reader, "item", 0);
    return stored;
  }
  if (file_kind(path) == "text") {
    if (!part.empty())
      fail(ErrorCode::kUsage, "{}: is a model of texts, without parts; leave out --part {}", path, part);
    // Its texts were no fields of items; of items it reads the titles.
    stored.own =
        std::make_unique<TrainedTextEncoder>(std::vector<std::string>{"title"}, load_text_model(path).model);
    return stored;
  }
  stored.bundle = load_bundle(path);
  stored.part = part;
  static_cast<void>(stored.encoder());
  stored.types = types_of(stored.bundle->dataset.item_attributes);
  return stored;
}

bool has_encoder(const std::string& path) {
  const std::string kind = file_kind(path);
  if (kind != "model") return kind == "encoder" || kind == "text";
  const TensorReader reader(path);
  return reader.has_meta("model.encoder");
}

std::string encoder_text(const ContentEncoder& encoder) {
  TensorWriter writer("encoder");
  return fmt::format("{}, {} dimensions, hash {}", encoder.name(), encoder.dim(),
                     write_encoder(writer, "encoder", encoder));
}

}  // namespace akin
