// Ranked lists for everybody, to a file.
#pragma once

#include <cstdint>
#include <string>

#include "akin/base/context.h"
#include "akin/serve/service.h"
#include "akin/serve/similar_items.h"

namespace akin {

enum class ListFormat {
  kTsv,  ///< a header, then tab-separated id, item, rank, score; tab, newline and backslash in ids escaped
  kJsonLines,  ///< an object per line: {user or item, items: [{item, rank, score, title?}], fallback?}
};

/// How many lists of what kind were written.
struct ListCounts {
  std::uint64_t lists = 0;
  std::uint64_t lines = 0;
  std::uint64_t fallbacks = 0;  ///< lists by popularity
};

/// Recommendations for every user of the training data, in their order at any number of threads; of the request
/// k, filters, exclusions and include_seen count. "-" = standard output, else nothing appears under `path` until
/// all is written. Throws Error(kIo), Error(kCancelled), and as Service::recommend().
ListCounts write_recommendations(const Service& service, const RecommendRequest& request,
                                 const std::string& path, ListFormat format, const Context& context);
/// Likewise the k items most like each item.
ListCounts write_similar(const SimilarItems& items, std::size_t k, const std::string& path, ListFormat format,
                         const Context& context);

}  // namespace akin
