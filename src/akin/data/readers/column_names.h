// Names that columns and fields have in public data sets: one list for all formats.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace akin {

/// A name without case, blanks and punctuation: "User_ID" and "userId" are the same.
std::string normalized_name(std::string_view name);

/// The usual header names of a role, normalized, the surest first: roles are user, session, item, value,
/// time, kind, text, summary and the well-known item attributes title, brand, category, price, description,
/// image, tags.
std::span<const std::string_view> usual_names(std::string_view role);
/// Whether a normalized name is usual for any role.
bool is_usual_name(std::string_view name);
/// The well-known item attribute a header name stands for, or "" (a column of another name).
std::string_view attribute_role(std::string_view header_name);

}  // namespace akin
