// What the texts of an attribute are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace akin {

class StringColumn;  // data/string_column.h

/// The type of an attribute. Its values stay texts as they came; the type says how they are read.
struct AttributeType {
  enum class Kind : std::uint8_t {
    kText,      ///< words, such as a title or a description
    kCategory,  ///< one of a few values, such as a brand
    kNumber,    ///< such as a price or a stock
    kDate,      ///< as TimeParser("auto") reads it
    kList,      ///< several values, such as tags, or the levels of a category from general to specific
    kPicture,   ///< path or address of a picture
  };
  Kind kind = Kind::kText;
  std::string separator = "|";  ///< between the elements of a list
  friend bool operator==(const AttributeType&, const AttributeType&) = default;
};

/// "text", "category", "number", "date", "picture", "list:|".
std::string to_string(const AttributeType& type);
/// Reads it back; "list" alone is "list:|". Throws Error(kUsage) with the nearest names.
AttributeType parse_attribute_type(std::string_view text);
/// By the well-known names first (title, brand, category, tags, price, description, image), then by the
/// values: all numbers, all dates, with '|' in at least one of ten, else texts where most are different and
/// have three words on average, else categories.
AttributeType guess_attribute_type(std::string_view name, const StringColumn& values);

/// The elements of a value: those of a list, without blanks around them and without empty ones; else the
/// value, if it is not empty. Views of `value`.
std::vector<std::string_view> elements_of(const AttributeType& type, std::string_view value);
/// The number that a value of kNumber says, NaN if it is none; blanks around it are allowed.
float number_of_value(std::string_view value);

}  // namespace akin
