// Vectors with their ids from the files of other programs, or of akin.
#pragma once

#include <string>

#include "akin/data/id_map.h"
#include "akin/linalg/matrix.h"
#include "akin/models/fit/start.h"

namespace akin {

/// Row r of `vectors` belongs to ids.id(r).
struct ReadEmbeddings {
  IdMap ids;
  Matrix vectors;
};

/// Reads every format write_embeddings() writes, and a bundle's item embedding; which one it is, the file
/// itself says; also GloVe's text, which is word2vec's without its first line. A NumPy array needs its ids beside
/// it in PATH.ids.json, a JSON array. In such text the numbers are taken from the end of the line, so ids may
/// hold spaces. CSV has one header line, then the id
/// and its numbers. Throws Error(kIo); Error(kBadData) with file and line for anything that does not fit,
/// repeated ids and numbers that are not finite.
ReadEmbeddings read_embeddings(const std::string& path);

/// What is known of a data set's items. Ids that are not among `items` are looked for a second time with %XX
/// read as the byte of that number, as IdEscape::kPercent writes them.
struct MatchedItems {
  PretrainedItems items;
  std::uint64_t matched = 0;  ///< items of the data set that have a vector
  std::uint64_t unknown = 0;  ///< vectors of items that are not in the data set
};
/// Throws Error(kBadData) if no id is among `items`.
MatchedItems match_items(const ReadEmbeddings& embeddings, const IdMap& items, const std::string& source);

}  // namespace akin
