#include "akin/data/string_column.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/data/attribute_type.h"

namespace akin {

void StringColumn::keep_rows(const std::vector<std::uint64_t>& rows) {
  std::vector<Row> kept;
  kept.reserve(rows.size());
  for (const std::uint64_t row : rows) kept.push_back(rows_[row]);
  rows_ = std::move(kept);
}

double StringColumn::coverage() const {
  if (rows_.empty()) return 0;
  const auto filled = std::ranges::count_if(rows_, [](const Row& row) { return row.size > 0; });
  return static_cast<double>(filled) / static_cast<double>(rows_.size());
}

void write_strings(TensorWriter& writer, const std::string& name, const StringColumn& column) {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint64_t> offsets = {0};
  offsets.reserve(column.size() + 1);
  std::size_t total = 0;
  for (std::size_t r = 0; r < column.size(); ++r) total += column[r].size();
  bytes.reserve(total);
  for (std::size_t r = 0; r < column.size(); ++r) {
    bytes.insert(bytes.end(), column[r].begin(), column[r].end());
    offsets.push_back(bytes.size());
  }
  writer.tensor(name + ".bytes", std::move(bytes));
  writer.tensor(name + ".offsets", std::move(offsets));
}

StringColumn read_strings(const TensorReader& reader, const std::string& name, std::size_t rows) {
  const auto bytes = reader.tensor<std::uint8_t>(name + ".bytes");
  const auto offsets = reader.tensor<std::uint64_t>(name + ".offsets");
  constexpr std::uint64_t kLongest = 0xFFFFFFFF;
  bool sound = offsets.size() == rows + 1 && offsets.front() == 0 && offsets.back() == bytes.size();
  for (std::size_t r = 0; r < rows && sound; ++r)
    sound = offsets[r] <= offsets[r + 1] && offsets[r + 1] - offsets[r] <= kLongest;
  if (!sound) fail(ErrorCode::kBadData, "{}: strings {} are inconsistent", reader.path(), name);
  StringColumn column;
  column.reserve(rows, bytes.size());
  const char* const text = reinterpret_cast<const char*>(bytes.data());
  for (std::size_t r = 0; r < rows; ++r) column.push_back({text + offsets[r], offsets[r + 1] - offsets[r]});
  return column;
}

const StringColumn* AttributeTable::find(std::string_view name) const {
  const auto found = std::ranges::find(columns_, name, &std::pair<std::string, StringColumn>::first);
  return found == columns_.end() ? nullptr : &found->second;
}

StringColumn& AttributeTable::column(std::string_view name) {
  const auto found = std::ranges::find(columns_, name, &std::pair<std::string, StringColumn>::first);
  if (found != columns_.end()) return found->second;
  types_.emplace_back();
  return columns_.emplace_back(name, StringColumn()).second;
}

const AttributeType& AttributeTable::type(std::string_view name) const {
  static const AttributeType kText;
  const auto found = std::ranges::find(columns_, name, &std::pair<std::string, StringColumn>::first);
  return found == columns_.end() ? kText : types_[static_cast<std::size_t>(found - columns_.begin())];
}

void AttributeTable::set_type(std::string_view name, AttributeType type) {
  const auto found = std::ranges::find(columns_, name, &std::pair<std::string, StringColumn>::first);
  AKIN_ASSERT(found != columns_.end());
  types_[static_cast<std::size_t>(found - columns_.begin())] = std::move(type);
}

std::string_view AttributeTable::get(std::string_view name, std::size_t row) const {
  const StringColumn* const column = find(name);
  return column == nullptr ? std::string_view() : column->get(row);
}

AttributeTable AttributeTable::select(const std::vector<std::uint32_t>& rows) const {
  AttributeTable result;
  for (const auto& [name, column] : columns_) result.columns_.emplace_back(name, column.select(rows));
  result.types_ = types_;
  return result;
}

void AttributeTable::resize(std::size_t rows) {
  for (auto& [name, column] : columns_) column.resize(rows);
}

namespace {

/// The tensor of an attribute. `names` and `types` are taken by the lists of all names and types.
std::string tensor_of(const std::string& table, std::string_view attribute) {
  const bool taken = attribute == "names" || attribute == "types";
  return fmt::format("{}.{}{}", table, attribute, taken ? ".values" : "");
}

/// The type that a file says, or a guess for one of an earlier version.
AttributeType type_of(const TensorReader& reader, const StringColumn& types, std::size_t c,
                      std::string_view name, const StringColumn& values) {
  if (types.empty()) return guess_attribute_type(name, values);
  try {
    return parse_attribute_type(types[c]);
  } catch (const Error& error) {
    reader.inconsistent(error.what());
  }
}

}  // namespace

void write_attributes(TensorWriter& writer, const std::string& name, const AttributeTable& table) {
  StringColumn names, types;
  for (const auto& [column_name, column] : table.all()) {
    names.push_back(column_name);
    types.push_back(to_string(table.type(column_name)));
    write_strings(writer, tensor_of(name, column_name), column);
  }
  writer.meta(name + ".columns", std::to_string(names.size()));
  writer.meta(name + ".typed", "true");
  write_strings(writer, name + ".names", names);
  write_strings(writer, name + ".types", types);
}

AttributeTable read_attributes(const TensorReader& reader, const std::string& name, std::size_t rows) {
  constexpr std::int64_t kMostColumns = 100'000;
  const auto columns = static_cast<std::size_t>(reader.meta_int(name + ".columns", 0, kMostColumns));
  const StringColumn names = read_strings(reader, name + ".names", columns);
  // A file of an earlier version may have an attribute called "types" in that place.
  const bool typed = reader.has_meta(name + ".typed");
  const StringColumn types = typed ? read_strings(reader, name + ".types", columns) : StringColumn();
  AttributeTable table;
  for (std::size_t c = 0; c < columns; ++c) {
    if (table.find(names[c]) != nullptr)
      reader.inconsistent(fmt::format("two attributes are called {}", names[c]));
    const bool old_types = !typed && names[c] == "types";
    table.column(names[c]) =
        read_strings(reader, old_types ? name + ".types" : tensor_of(name, names[c]), rows);
    table.set_type(names[c], type_of(reader, types, c, names[c], *table.find(names[c])));
  }
  return table;
}

}  // namespace akin
