// Pictures with classes, from where they are found.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/dataset.h"
#include "akin/text/labelled_texts.h"

namespace akin {

/// How a source of labelled pictures is read.
struct LabelledPictureFormat {
  std::string target = "";          ///< of a data set: the attribute of items that is the class
  LabelledTextFormat columns = {};  ///< of a table: the columns of path and class
};

/// The paths of pictures (PictureReader) with their classes. `source` is a folder or archive whose pictures lie in a folder
/// for each class; an IDX file of pictures, whose labels lie beside it (idx.h); a table of paths, relative to it, and
/// classes (csv, tsv, jsonl); or a data set, whose items' first pictures
/// have the class that `target` names. Throws Error(kUsage), Error(kIo), Error(kBadData).
LabelledTextFile read_labelled_pictures(const std::string& source, const LabelledPictureFormat& format,
                                        const Context& context);

/// Pairs of pictures, by index, that near_hashes() finds with `bits` (0 to 7). Pictures that cannot be
/// read are in no pair.
std::vector<std::pair<std::uint32_t, std::uint32_t>> near_duplicates(const std::vector<std::string>& paths,
                                                                     int bits, const Context& context);

/// Of each of n things the first one that pairs lead to, over any number of them.
std::vector<std::uint32_t> first_of_group(std::size_t n,
                                          const std::vector<std::pair<std::uint32_t, std::uint32_t>>& pairs);

/// Items whose first pictures are near-duplicates get the attribute `twin_of`, the id of the first of them
/// (kTwinAttribute, data/split/twins.h).
struct ItemTwins {
  std::uint64_t items = 0;     ///< that have the attribute
  std::string first, another;  ///< ids of the first pair
};
/// `bits` as near_duplicates(). Where there are none the data stay as they are.
ItemTwins mark_twins(Dataset& data, int bits, const Context& context);

}  // namespace akin
