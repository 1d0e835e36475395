#include "akin/encode/attribute_encoder.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "akin/base/error.h"
#include "akin/base/hash.h"
#include "akin/base/safetensors.h"
#include "akin/data/attribute_type.h"

namespace akin {
namespace {

using Kind = AttributeType::Kind;

constexpr int kMostHashBits = 24;

/// All fields that are not words or pictures.
std::string usual_fields(const ItemContent& content) {
  std::string fields;
  for (const auto& [name, column] : content.attributes().all()) {
    const Kind kind = content.attributes().type(name).kind;
    if (kind != Kind::kText && kind != Kind::kPicture) fields += name + ",";
  }
  return fields;
}

void keep_distinct(std::vector<std::string>& names) {
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

std::size_t hashed_column(std::string_view name, int bits) {
  return hash_bytes(name.data(), name.size(), 0) >> (64 - bits);
}

}  // namespace

std::vector<Param> AttributeEncoder::Config::params() {
  std::vector<Param> params = {
      {"fields", &fields, "attributes that count, separated by commas; empty = all but texts and pictures"},
      {"weighting",
       &weighting,
       "idf = rare values count more, ln(n / n_value); one-hot = all the same",
       0,
       0,
       {"idf", "one-hot"},
       false,
       kSearchChoices},
      {"paths",
       &paths,
       "an element of a list is known by those before it: Hair|Oil is not Skin|Oil",
       0,
       0,
       {},
       false,
       kSearchChoices},
      {"hash_bits", &hash_bits, "hash values to 2^bits dimensions, to hold memory; 0 = one for each value", 0,
       kMostHashBits}};
  add_params(params);
  return params;
}

bool AttributeEncoder::is_number(std::size_t field) const {
  return types_[field].kind == Kind::kNumber || types_[field].kind == Kind::kDate;
}

float AttributeEncoder::number_of(std::size_t field, std::string_view text) const {
  return types_[field].kind == Kind::kNumber ? number_of_value(text) : day_of_value(text);
}

void AttributeEncoder::append_names(std::size_t field, std::string_view text,
                                    std::vector<std::string>& names) const {
  std::string path = fields_[field] + "=";
  for (const std::string_view element : elements_of(types_[field], text)) {
    if (!paths_) {
      names.push_back(fmt::format("{}={}", fields_[field], element));
      continue;
    }
    if (path.back() != '=') path += types_[field].separator;
    names.push_back(path += element);
  }
}

void AttributeEncoder::learn_number(const EncoderInput& input, std::size_t field) {
  double count = 0, sum = 0, squares = 0;
  const auto value_of = [&](idx_t item) {
    return static_cast<double>(number_of(field, input.content.attributes().get(fields_[field], item)));
  };
  for (const idx_t item : input.items) {
    const double value = value_of(item);
    if (std::isnan(value)) continue;
    count += 1;
    sum += value;
  }
  if (count == 0) return;
  const double mean = sum / count;
  for (const idx_t item : input.items) {
    const double value = value_of(item);
    if (!std::isnan(value)) squares += (value - mean) * (value - mean);
  }
  const double deviation = std::sqrt(squares / count);
  if (deviation > 0) numbers_.push_back({field, static_cast<float>(mean), static_cast<float>(deviation)});
}

std::unique_ptr<ContentEncoder> AttributeEncoder::fit(const EncoderInput& input, const Config& config,
                                                      const Context& context) {
  auto encoder = std::make_unique<AttributeEncoder>();
  AttributeEncoder& self = *encoder;
  const AttributeTable& table = input.content.attributes();
  const std::string names_of_fields = config.fields.empty() ? usual_fields(input.content) : config.fields;
  if (names_of_fields.empty() && !input.content.fields().empty()) {
    fail(ErrorCode::kBadData,
         "{}: the items have only texts and pictures ({}), no categories, lists, numbers or dates; `akin "
         "import` reads "
         "them (csv --items FILE, amazon --meta FILE), and --fields names a text whose values are categories",
         kName, fmt::join(input.content.fields(), ", "));
  }
  self.fields_ = parse_fields(names_of_fields, input.content, kName);
  for (const std::string& field : self.fields_) self.types_.push_back(table.type(field));
  self.paths_ = config.paths;
  self.hash_bits_ = config.hash_bits;
  std::vector<std::uint32_t> items_with;
  std::vector<std::string> names;
  if (self.hash_bits_ > 0) items_with.resize(self.values_of_columns());
  std::size_t items = 0;
  for (std::size_t n = 0; n < input.items.size(); ++n) {
    if (n % 1024 == 0) context.check_stop();
    names.clear();
    for (std::size_t f = 0; f < self.fields_.size(); ++f) {
      if (!self.is_number(f)) self.append_names(f, table.get(self.fields_[f], input.items[n]), names);
    }
    keep_distinct(names);
    for (const std::string& name : names) {
      const std::size_t column =
          self.hash_bits_ > 0 ? hashed_column(name, self.hash_bits_) : self.values_.add(name);
      if (column == items_with.size()) items_with.push_back(0);
      ++items_with[column];
    }
    items += names.empty() ? 0 : 1;
  }
  for (std::size_t f = 0; f < self.fields_.size(); ++f) {
    if (self.is_number(f)) self.learn_number(input, f);
  }
  if (items == 0 && self.numbers_.empty())
    fail(ErrorCode::kBadData, "{}: no item has a value in the fields {}", kName,
         fmt::join(self.fields_, ", "));
  for (const std::uint32_t with : items_with) {
    const double idf = std::log(static_cast<double>(items) / std::max(1.0, static_cast<double>(with)));
    self.idf_.push_back(config.weighting == "idf" ? static_cast<float>(idf) : 1.0F);
  }
  return with_steps(std::move(encoder), config, input, context);
}

Csr AttributeEncoder::sparse_vectors_of(const ItemContent& items, const Context& context) const {
  Csr rows;
  rows.cols = dim();
  std::vector<std::string> names;
  std::vector<std::pair<idx_t, float>> row, of_field;
  const std::size_t first_number = values_of_columns();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i % 1024 == 0) context.check_stop();
    row.clear();
    for (std::size_t f = 0; f < fields_.size(); ++f) {
      if (is_number(f)) continue;
      names.clear();
      of_field.clear();
      append_names(f, items.attributes().get(fields_[f], i), names);
      keep_distinct(names);
      double squares = 0;
      for (const std::string& name : names) {
        const std::optional<std::size_t> column =
            hash_bits_ > 0 ? hashed_column(name, hash_bits_) : std::optional<std::size_t>(values_.find(name));
        if (!column || idf_[*column] == 0) continue;
        of_field.emplace_back(static_cast<idx_t>(*column), idf_[*column]);
        squares += static_cast<double>(idf_[*column]) * static_cast<double>(idf_[*column]);
      }
      for (const auto& [column, value] : of_field)
        row.emplace_back(column, value / static_cast<float>(std::sqrt(squares)));
    }
    for (std::size_t n = 0; n < numbers_.size(); ++n) {
      const float value = number_of(numbers_[n].field, items.attributes().get(fields_[numbers_[n].field], i));
      const float standard = (value - numbers_[n].mean) / numbers_[n].deviation;
      // Numbers far from all others would drown everything else; where there is none, the mean stands.
      if (!std::isnan(value))
        row.emplace_back(static_cast<idx_t>(first_number + n), std::clamp(standard, -5.0F, 5.0F));
    }
    std::ranges::sort(row);
    for (const auto& [column, value] : row) {
      if (rows.indices.size() > rows.offsets.back() && rows.indices.back() == column) {
        rows.values.back() += value;  // two values of one hash
      } else {
        rows.indices.push_back(column);
        rows.values.push_back(value);
      }
    }
    rows.offsets.push_back(rows.indices.size());
  }
  normalize_rows(rows);
  return rows;
}

std::string AttributeEncoder::dimension(std::size_t column) const {
  if (column >= values_of_columns()) return fields_[numbers_[column - values_of_columns()].field];
  return hash_bits_ > 0 ? "" : std::string(values_.id(static_cast<idx_t>(column)));
}

void AttributeEncoder::save(TensorWriter& writer, const std::string& prefix) const {
  write_texts(writer, prefix + ".fields", fields_);
  std::vector<std::string> types;
  for (const AttributeType& type : types_) types.push_back(to_string(type));
  write_texts(writer, prefix + ".types", types);
  writer.meta(prefix + ".paths", paths_ ? "1" : "0");
  writer.meta(prefix + ".hash_bits", std::to_string(hash_bits_));
  write_ids(writer, prefix + ".values", values_);
  writer.tensor(prefix + ".idf", idf_);
  std::vector<std::uint32_t> field;
  std::vector<float> moments;
  for (const Number& number : numbers_) {
    field.push_back(static_cast<std::uint32_t>(number.field));
    moments.push_back(number.mean);
    moments.push_back(number.deviation);
  }
  writer.tensor(prefix + ".numbers", std::move(field));
  writer.tensor(prefix + ".moments", std::move(moments));
}

std::unique_ptr<ContentEncoder> AttributeEncoder::load(const TensorReader& reader,
                                                       const std::string& prefix) {
  auto encoder = std::make_unique<AttributeEncoder>();
  encoder->fields_ = read_texts(reader, prefix + ".fields");
  try {
    for (const std::string& text : read_texts(reader, prefix + ".types"))
      encoder->types_.push_back(parse_attribute_type(text));
  } catch (const Error& error) {
    reader.inconsistent(error.what());
  }
  encoder->paths_ = reader.meta_int(prefix + ".paths", 0, 1) == 1;
  encoder->hash_bits_ = static_cast<int>(reader.meta_int(prefix + ".hash_bits", 0, kMostHashBits));
  encoder->values_ = read_ids(reader, prefix + ".values");
  encoder->idf_ = reader.vector<float>(prefix + ".idf", encoder->values_of_columns());
  const auto numbers = reader.tensor<std::uint32_t>(prefix + ".numbers");
  const std::vector<float> moments = reader.vector<float>(prefix + ".moments", 2 * numbers.size());
  for (std::size_t n = 0; n < numbers.size(); ++n)
    encoder->numbers_.push_back({numbers[n], moments[2 * n], moments[2 * n + 1]});
  const auto wrong = [&](const Number& number) {
    return number.field >= encoder->fields_.size() || !(number.deviation > 0);
  };
  if (encoder->types_.size() != encoder->fields_.size() || std::ranges::any_of(encoder->numbers_, wrong))
    reader.inconsistent(fmt::format("{}: fields and numbers do not fit together", prefix));
  return read_steps(std::move(encoder), reader, prefix);
}

}  // namespace akin
