// Product metadata of the Amazon releases.
#pragma once

#include <string>
#include <vector>

#include "akin/data/readers/readers.h"

namespace akin {

/// Reads metadata files, one record a line, each release recognized by its fields:
///   2014 (Python dicts): asin, title, brand, price, categories (paths), description, imUrl,
///                        related {also_bought, ...}
///   2018:                asin, title, brand, price "$12.99", category, description (list),
///                        imageURLHighRes, also_buy, also_view
///   2023:                parent_asin, title, store, price, categories, main_category,
///                        description (list), images, bought_together
/// Sets the item attributes title, brand, category, price, description, image_url, and adds the links
/// also_bought, also_viewed, bought_together, buy_after_viewing. Of several records of one item the first
/// counts. Records of items the builder does not know are left out unless builder.keep_unseen_items is set, links
/// to items neither it nor the metadata knows always; report.notes says how many. Read the reviews first.
/// Throws Error for a missing file or a damaged archive.
void read_amazon_metadata(const std::vector<std::string>& paths, DatasetBuilder& builder,
                          ImportReport& report, const Context& context);

}  // namespace akin
