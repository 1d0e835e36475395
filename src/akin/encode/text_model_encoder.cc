#include "akin/encode/text_model_encoder.h"

#include <cmath>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/data/attribute_type.h"
#include "akin/data/readers/text_decode.h"
#include "akin/encode/text_models.h"

namespace akin {
namespace {

std::string text_of(const ItemContent& content, const std::vector<std::string>& fields, std::size_t item) {
  std::string text;
  for (const std::string& field : fields) {
    content.for_texts(field, item, [&](std::string_view part) {
      if (!text.empty()) text += '\n';
      text += part;
    });
  }
  return is_utf8(text) ? text : windows_1252_to_utf8(text);
}

}  // namespace

void TextModelEncoder::Fields::add_params(std::vector<Param>& params) {
  params.push_back(
      {"fields", &fields, "attributes whose words count, separated by commas; reviews = the reviews"});
  params.push_back({"target", &target, "attribute that the model learns to tell: classes, or a number"});
  EncoderSteps::add_params(params);
}

LabelledTexts TextModelEncoder::texts_of(const EncoderInput& input, const std::vector<std::string>& fields,
                                         const std::string& target, std::string_view model) {
  const AttributeTable& attributes = input.content.attributes();
  if (attributes.find(target) == nullptr) {
    const std::vector<std::string> known = input.content.fields();
    fail(ErrorCode::kBadData, "{}: the items have no attribute '{}'{}: name what to learn with target", model,
         target, did_you_mean(target, known));
  }
  const bool numbers = attributes.type(target).kind == AttributeType::Kind::kNumber;
  LabelledTexts texts;
  for (const idx_t item : input.items) {
    const std::string_view value = attributes.get(target, item);
    std::string text = text_of(input.content, fields, item);
    if (value.empty() || text.empty()) continue;
    if (numbers) {
      const float number = number_of_value(value);
      if (!std::isfinite(number)) continue;
      texts.numbers.push_back(number);
    } else {
      texts.labels.push_back(texts.classes.add(value));
    }
    texts.texts.push_back(std::move(text));
  }
  if (texts.size() == 0 || texts.classes.size() == 1) {
    fail(ErrorCode::kBadData, "{}: the attribute '{}' has {} among the items with words in {}", model, target,
         texts.size() == 0 ? "no value" : "one value only", fmt::join(fields, ", "));
  }
  return texts;
}

Matrix TextModelEncoder::vectors_of(const ItemContent& items, const Context& context) const {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < items.size(); ++i) texts.push_back(text_of(items, fields_, i));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  return model_->vectors(views, context);
}

void TextModelEncoder::save(TensorWriter& writer, const std::string& prefix) const {
  write_texts(writer, prefix + ".fields", fields_);
  model_->save(writer, prefix + ".model");
}

std::vector<Param> TrainedTextEncoder::Config::params() {
  std::vector<Param> params = {
      {"file", &file, "model written by `akin text train`"},
      {"fields", &fields, "attributes whose words count, separated by commas; reviews = the reviews"}};
  add_params(params);
  return params;
}

std::unique_ptr<ContentEncoder> TrainedTextEncoder::fit(const EncoderInput& input, const Config& config,
                                                        const Context& context) {
  if (config.file.empty()) {
    fail(ErrorCode::kUsage,
         "{}: name the file of a model of texts with file=FILE; `akin text train` writes it", kName);
  }
  if (file_kind(config.file) == "encoder") {
    fail(ErrorCode::kBadData,
         "{}: is an encoder, not a model of texts; take encoder pretrained for one of `akin encoder import`",
         config.file);
  }
  if (input.items.empty()) fail(ErrorCode::kBadData, "{}: there are no items", kName);
  std::vector<std::string> fields = parse_fields(config.fields, input.content, kName);
  auto encoder = std::make_unique<TrainedTextEncoder>(std::move(fields), load_text_model(config.file).model);
  return with_steps(std::move(encoder), config, input, context);
}

void TrainedTextEncoder::save(TensorWriter& writer, const std::string& prefix) const {
  write_texts(writer, prefix + ".fields", fields());
  write_text_model(writer, prefix + ".model", model());
}

std::unique_ptr<ContentEncoder> TrainedTextEncoder::load(const TensorReader& reader,
                                                         const std::string& prefix) {
  auto model = read_text_model(reader, prefix + ".model");
  return read_steps(
      std::make_unique<TrainedTextEncoder>(read_texts(reader, prefix + ".fields"), std::move(model)), reader,
      prefix);
}

}  // namespace akin
