// Ranked lists for everybody, to a file.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "akin/cli/session.h"
#include "akin/data/dataset.h"
#include "akin/linalg/topk.h"

namespace akin::cli {

/// A list to write, for one user or item.
struct BatchList {
  std::vector<Scored> items;
  bool fallback = false;
};

/// What a batch goes over.
struct Batch {
  std::string_view what;  ///< "user" or "item": the name of the first column
  const IdMap& ids;       ///< of what it goes over
  const Dataset& shop;
  std::function<BatchList(idx_t)> list;  ///< safe from many threads
};

/// How many lists of what kind were written.
struct BatchCounts {
  std::uint64_t lists = 0;
  std::uint64_t lines = 0;
  std::uint64_t fallbacks = 0;
};

/// Writes a list per id to `path`, in the order of the ids at any thread count. Tab-separated lines with a
/// header (`what`, item, rank, score; tab, newline and backslash in ids written as \t, \n, \r, \\), or with
/// --json one object per line. Nothing appears under `path` until all is written.
BatchCounts write_batch(const Batch& batch, const std::string& path, Session& session);

}  // namespace akin::cli
