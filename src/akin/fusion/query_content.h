// A picture as the content of a new item.
#pragma once

#include <string>

#include "akin/data/item_content.h"

namespace akin {

/// One new item whose attribute `field` is this picture: a file, or one in an archive (PictureReader).
inline ItemContent picture_content(const std::string& path, const std::string& field) {
  AttributeTable attributes;
  attributes.column(field).push_back(path);
  attributes.set_type(field, {AttributeType::Kind::kPicture});
  return ItemContent(std::move(attributes), 1);
}

}  // namespace akin
