// Ranked lists for everybody, to a file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "akin/base/context.h"
#include "akin/serve/service.h"
#include "akin/serve/similar_items.h"

namespace akin {

enum class ListFormat {
  kTsv,  ///< a header, then tab-separated id, item, rank, score; tab, newline and backslash in ids escaped
  kCsv,  ///< a header, then id, item, rank, score; fields quoted as RFC 4180 says
  kJsonLines,  ///< an object per line: {user or item, items: [{item, rank, score, title?}], fallback?}
};

/// kCsv for names that end in .csv, kJsonLines for .jsonl and .ndjson, else kTsv.
ListFormat list_format_of(std::string_view path);

/// How many lists of what kind were written.
struct ListCounts {
  std::uint64_t lists = 0;
  std::uint64_t lines = 0;
  std::uint64_t fallbacks = 0;  ///< lists by popularity
  std::uint64_t unknown = 0;    ///< lists of users that the bundle does not know
};

/// Recommendations for the users of these ids, in their order at any number of threads; of the request all counts
/// but user and history. A user that the bundle does not know gets the list of one without events. "-" = standard
/// output, else nothing appears under `path` until all is written. Several ranks share the users, the first writes
/// the file, and all get the counts: collective. Throws Error(kIo), Error(kCancelled), and as Service::recommend().
ListCounts write_recommendations(const Service& service, const RecommendRequest& request,
                                 std::span<const std::string> users, const std::string& path,
                                 ListFormat format, const Context& context);
/// The same for every user of the training data.
ListCounts write_recommendations(const Service& service, const RecommendRequest& request,
                                 const std::string& path, ListFormat format, const Context& context);
/// One list, which may be that of a history; where no user is named, theirs is "" (and left out of JSON).
ListCounts write_recommendation(const Service& service, const RecommendRequest& request,
                                const std::string& path, ListFormat format, const Context& context);
/// Likewise the k items most like each item.
ListCounts write_similar(const SimilarItems& items, std::size_t k, const std::string& path, ListFormat format,
                         const Context& context);

}  // namespace akin
