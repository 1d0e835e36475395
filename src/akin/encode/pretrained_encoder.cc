#include "akin/encode/pretrained_encoder.h"

#include <algorithm>
#include <optional>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"

namespace akin {

std::vector<Param> PretrainedEncoder::Config::params() {
  std::vector<Param> params = {
      {"file", &file, "encoder written by `akin encoder import`"},
      {"fields", &fields,
       "attributes whose texts count, separated by commas; reviews = the reviews; empty = those of the file"},
      {"precision", &precision,
       "of the products with weights: float32, or bf16, which is faster where the processor has it; empty = "
       "that of "
       "the file"}};
  add_params(params);
  return params;
}

Matrix PretrainedEncoder::vectors_of(const ItemContent& items, const Context& context) const {
  std::vector<std::string> texts;
  std::vector<std::size_t> rows;  // the items that have a text
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::string text;
    for (const std::string& field : fields_) {
      items.for_texts(field, i, [&](std::string_view part) {
        if (!text.empty()) text += ' ';
        text += part;
      });
    }
    if (text.empty()) continue;
    texts.push_back(std::move(text));
    rows.push_back(i);
  }
  const Matrix vectors = model_.encode(texts, context);
  Matrix result(items.size(), dim());
  for (std::size_t t = 0; t < rows.size(); ++t) std::ranges::copy(vectors[t], result[rows[t]].begin());
  return result;
}

std::unique_ptr<ContentEncoder> PretrainedEncoder::fit(const EncoderInput& input, const Config& config,
                                                       const Context& context) {
  if (config.file.empty()) {
    fail(ErrorCode::kUsage,
         "{}: name the file of a pretrained encoder with file=FILE; `akin encoder import` writes it", kName);
  }
  if (input.items.empty()) fail(ErrorCode::kBadData, "{}: there are no items", kName);
  std::optional<bert::Precision> precision;
  if (!config.precision.empty()) precision = bert::parse_precision(config.precision);
  if (file_kind(config.file) == "text") {
    fail(ErrorCode::kBadData, "{}: is a model of texts of `akin text train`; take encoder text-model for it",
         config.file);
  }
  const TensorReader reader(config.file, TensorReader::Access::kMap);
  reader.expect_kind("encoder");
  if (reader.meta("encoder") != kName || reader.has_meta("encoder.steps")) {
    fail(ErrorCode::kBadData,
         "{}: is an encoder that was fitted to items ({}); take the one that `akin encoder import` wrote",
         config.file, reader.meta("encoder"));
  }
  std::vector<std::string> fields = read_texts(reader, "encoder.fields");
  fields = parse_fields(config.fields.empty() ? fmt::format("{}", fmt::join(fields, ",")) : config.fields,
                        input.content, kName);
  auto encoder = std::make_unique<PretrainedEncoder>(
      std::move(fields), bert::SentenceEncoder::load(reader, "encoder", precision));
  return with_steps(std::move(encoder), config, input, context);
}

void PretrainedEncoder::save(TensorWriter& writer, const std::string& prefix) const {
  write_texts(writer, prefix + ".fields", fields_);
  model_.save(writer, prefix);
}

std::unique_ptr<ContentEncoder> PretrainedEncoder::load(const TensorReader& reader,
                                                        const std::string& prefix) {
  std::vector<std::string> fields = read_texts(reader, prefix + ".fields");
  if (fields.empty()) reader.inconsistent("its encoder looks at no field");
  return read_steps(
      std::make_unique<PretrainedEncoder>(std::move(fields), bert::SentenceEncoder::load(reader, prefix)),
      reader, prefix);
}

}  // namespace akin
