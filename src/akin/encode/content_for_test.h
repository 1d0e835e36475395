// A few items for tests of encoders.
#pragma once

#include <numeric>
#include <string>
#include <vector>

#include "akin/data/attribute_type.h"
#include "akin/data/item_content.h"

namespace akin::test {

/// Six items: kettles, knives, one without content, one that shares no word with the others.
inline AttributeTable shelf() {
  const std::vector<std::vector<std::string>> rows = {{"steel kettle", "Acme", "Home|Kitchen", "20"},
                                                      {"steel kettle steel", "Acme", "Home|Kitchen", "30"},
                                                      {"kitchen knife steel", "Bolt", "Home|Tools", "10"},
                                                      {"bread knife", "Bolt", "Home|Tools", ""},
                                                      {"", "", "", ""},
                                                      {"Zebra", "Zoo", "Toys", "40"}};
  AttributeTable table;
  const std::vector<std::string> names = {"title", "brand", "category", "price"};
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t c = 0; c < names.size(); ++c) table.column(names[c]).push_back(row[c]);
  }
  for (const std::string& name : names) table.set_type(name, guess_attribute_type(name, *table.find(name)));
  return table;
}

inline ItemContent shelf_content() { return ItemContent(shelf(), 6); }

inline std::vector<idx_t> first_items(std::size_t count) {
  std::vector<idx_t> items(count);
  std::iota(items.begin(), items.end(), idx_t{0});
  return items;
}

}  // namespace akin::test
