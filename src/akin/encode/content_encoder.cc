#include "akin/encode/content_encoder.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"

namespace akin {
namespace {

void check_finite(bool finite, std::string_view encoder) {
  if (!finite)
    fail(ErrorCode::kBadData,
         "{}: an item's vector has numbers beyond those of a float; numbers of its attributes, of the word "
         "vectors, or "
         "stored in the encoder's file are too large. Look for the largest of them",
         encoder);
}

}  // namespace

Csr ContentEncoder::sparse_vectors_of(const ItemContent&, const Context&) const {
  AKIN_ASSERT(is_sparse());
  return {};
}

Matrix ContentEncoder::vectors_of(const ItemContent& items, const Context& context) const {
  const Csr rows = encode_sparse(items, context);
  Matrix result(rows.rows(), rows.cols);
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    for (std::size_t e = 0; e < rows.row_size(r); ++e)
      result.row(r)[rows.cols_of(r)[e]] = rows.values_of(r)[e];
  }
  return result;
}

Csr ContentEncoder::encode_sparse(const ItemContent& items, const Context& context) const {
  Csr rows = sparse_vectors_of(items, context);
  check_finite(std::ranges::all_of(rows.values, [](float x) { return std::isfinite(x); }), name());
  return rows;
}

Matrix ContentEncoder::encode(const ItemContent& items, const Context& context) const {
  Matrix rows = vectors_of(items, context);
  check_finite(all_finite(rows), name());
  return rows;
}

std::vector<idx_t> items_to_learn_from(const TrainingData& data) {
  std::vector<idx_t> items = items_of(data.events);
  for (std::size_t i = data.n_items(); i < data.source.n_items(); ++i) items.push_back(static_cast<idx_t>(i));
  return items;
}

std::pair<std::string_view, float> split_field_weight(std::string_view field) {
  const std::size_t colon = field.rfind(':');
  if (colon == field.npos) return {field, 1.0F};
  const std::string_view number = field.substr(colon + 1);
  float weight = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), weight);
  const bool is_weight =
      error == std::errc() && end == number.data() + number.size() && weight > 0 && weight <= 1e6F;
  return is_weight ? std::pair(field.substr(0, colon), weight) : std::pair(field, 1.0F);
}

WeightedFields parse_weighted_fields(const std::string& text, const ItemContent& content,
                                     std::string_view encoder) {
  WeightedFields fields;
  std::string names;
  for (const std::string_view field : split(text, ',')) {
    const auto [name, weight] = content.has(field) ? std::pair(field, 1.0F) : split_field_weight(field);
    names += fmt::format("{},", name);
    fields.weights.push_back(weight);
  }
  fields.names = parse_fields(names, content, encoder);
  return fields;
}

std::vector<std::string> parse_fields(const std::string& text, const ItemContent& content,
                                      std::string_view encoder) {
  std::vector<std::string> fields;
  const std::vector<std::string> known = content.fields();
  for (const std::string_view name : split(text, ',')) {
    if (name.empty()) continue;
    if (!content.has(name)) {
      fail(ErrorCode::kBadData,
           "{}: items have no field '{}'{}; they have: {}. `akin import` reads attributes of items, such as "
           "`import csv --items FILE` and `import amazon --meta FILE`",
           encoder, name, did_you_mean(name, known),
           known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")));
    }
    fields.emplace_back(name);
  }
  if (fields.empty() && known.empty())
    fail(ErrorCode::kBadData, "{}: items have no attributes to learn from", encoder);
  if (fields.empty()) fail(ErrorCode::kUsage, "{}: name at least one field, such as fields=title", encoder);
  return fields;
}

void write_texts(TensorWriter& writer, const std::string& name, const std::vector<std::string>& texts) {
  StringColumn column;
  for (const std::string& text : texts) column.push_back(text);
  writer.meta(name + ".count", std::to_string(texts.size()));
  write_strings(writer, name, column);
}

std::vector<std::string> read_texts(const TensorReader& reader, const std::string& name) {
  constexpr std::int64_t kMost = 100'000;
  const auto count = static_cast<std::size_t>(reader.meta_int(name + ".count", 0, kMost));
  const StringColumn column = read_strings(reader, name, count);
  std::vector<std::string> texts;
  for (std::size_t t = 0; t < count; ++t) texts.emplace_back(column[t]);
  return texts;
}

void normalize_rows(Csr& rows) {
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    const std::span<float> values(rows.values.data() + rows.offsets[r], rows.row_size(r));
    double squares = 0;
    for (const float value : values) squares += static_cast<double>(value) * static_cast<double>(value);
    if (!(squares > 0)) continue;
    const auto scale = static_cast<float>(1 / std::sqrt(squares));
    for (float& value : values) value *= scale;
  }
}

}  // namespace akin
