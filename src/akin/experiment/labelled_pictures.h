// Pictures with classes, from where they are found.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/dataset.h"
#include "akin/encode/picture_memo.h"
#include "akin/text/labelled_texts.h"

namespace akin {

/// How a source of labelled pictures is read.
struct LabelledPictureFormat {
  std::string target = "";          ///< of a data set: the attribute of items that is the class
  LabelledTextFormat columns = {};  ///< of a table: the columns of path and class
};

struct LabelledPictures : LabelledTextFile {
  std::vector<std::string> ids = {};  ///< of a data set: the item of each picture
};

/// The paths of pictures (PictureReader) with their classes. `source` is a folder or archive whose pictures lie in a folder
/// for each class; an IDX file of pictures, whose labels lie beside it (idx.h); a table of paths, relative to it, and
/// classes (csv, tsv, jsonl); or a data set, whose items' first pictures
/// have the class that `target` names. Throws Error(kUsage), Error(kIo), Error(kBadData).
LabelledPictures read_labelled_pictures(const std::string& source, const LabelledPictureFormat& format,
                                        const Context& context);

/// Vectors of the pictures of a data set's items, read from a file of vectors by item (read_embeddings()), such as
/// `akin encode` writes. Throws Error(kUsage) for other pictures, Error(kBadData) where an item has no vector, Error(kIo).
std::shared_ptr<PictureMemo> known_vectors(const LabelledPictures& pictures, const std::string& path);

/// Pairs of pictures, by index, that near_hashes() finds with `bits` (0 to 7). Pictures that cannot be
/// read are in no pair.
std::vector<std::pair<std::uint32_t, std::uint32_t>> near_duplicates(const std::vector<std::string>& paths,
                                                                     int bits, const Context& context);

/// Those that can be read; a remark counts the others and names the first.
std::vector<std::string> readable_pictures(const std::vector<std::string>& paths, const Context& context);

/// Of each of n things the first one that pairs lead to, over any number of them.
std::vector<std::uint32_t> first_of_group(std::size_t n,
                                          const std::vector<std::pair<std::uint32_t, std::uint32_t>>& pairs);

/// Items whose first pictures are near-duplicates get the attribute `twin_of`, the id of the first of them
/// (kTwinAttribute, data/split/twins.h).
struct ItemTwins {
  std::uint64_t items = 0;     ///< that have the attribute
  std::string first, another;  ///< ids of the first pair
};
/// `bits` as near_duplicates(). Where there are none the data stay as they are. A remark names pictures that cannot be read.
ItemTwins mark_twins(Dataset& data, int bits, const Context& context);

}  // namespace akin
