// What the texts of an attribute are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "akin/data/string_column.h"

namespace akin {

/// "text", "category", "number", "date", "picture", "list:|".
std::string to_string(const AttributeType& type);
/// Reads it back; "list" alone is "list:|", and separators have names too: "list:comma". Throws Error(kUsage) with the nearest names.
AttributeType parse_attribute_type(std::string_view text);
/// By the well-known names first (title, brand, category, tags, price, description, image), then by the
/// values: all numbers, all dates, with '|' in at least one of ten, else texts where most are different and
/// have three words on average, else categories.
AttributeType guess_attribute_type(std::string_view name, const StringColumn& values);

/// The elements of a value: those of a list, without blanks around them and without empty ones; else the
/// value, if it is not empty. Views of `value`.
std::vector<std::string_view> elements_of(const AttributeType& type, std::string_view value);
/// The number that a value of kNumber says, NaN if it is none: 12.5, $12.50, 1,250.00, 9,90 EUR, 1.250,00; not 1,250,
/// which may be either. Blanks around it are allowed.
float number_of_value(std::string_view value);
/// The day, counted from 1970, that a value of kDate says, with a fraction; NaN if it is none. A number below
/// 100,000,000 is none: as seconds since 1970 it would be before 1973, so that it is a year or something else.
float day_of_value(std::string_view value);
/// Whether the value says something of this type; empty ones do.
bool fits(const AttributeType& type, std::string_view value);

}  // namespace akin
