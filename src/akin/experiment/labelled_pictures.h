// Pictures with classes, from where they are found.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "akin/base/context.h"
#include "akin/text/labelled_texts.h"

namespace akin {

/// How a source of labelled pictures is read.
struct LabelledPictureFormat {
  std::string target = "";          ///< of a data set: the attribute of items that is the class
  LabelledTextFormat columns = {};  ///< of a table: the columns of path and class
};

/// The paths of pictures (PictureReader) with their classes. `source` is a folder or archive whose pictures lie in a folder
/// for each class; a table of paths, relative to it, and classes (csv, tsv, jsonl); or a data set, whose items' first pictures
/// have the class that `target` names. Throws Error(kUsage), Error(kIo), Error(kBadData).
LabelledTextFile read_labelled_pictures(const std::string& source, const LabelledPictureFormat& format,
                                        const Context& context);

/// Pairs of pictures, by index, that near_hashes() finds with `bits` (0 to 7). Pictures that cannot be
/// read are in no pair.
std::vector<std::pair<std::uint32_t, std::uint32_t>> near_duplicates(const std::vector<std::string>& paths,
                                                                     int bits, const Context& context);

}  // namespace akin
