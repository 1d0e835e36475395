// The caller's ids (strings of any bytes) and akin's dense indices.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/string_column.h"
#include "akin/linalg/csr.h"

namespace akin {

/// A two-way map between ids and indices 0 .. size() - 1 in order of first appearance. Open addressing over a
/// 64-bit hash; about 12 bytes per id beside the id's own bytes. Const calls are safe from many threads.
class IdMap {
 public:
  std::size_t size() const { return ids_.size(); }
  std::string_view id(idx_t idx) const { return ids_[idx]; }
  /// The index of `id`, added if new. Throws Error(kBadData) beyond 2^32 - 2 ids.
  idx_t add(std::string_view id);
  std::optional<idx_t> find(std::string_view id) const;
  /// The index; throws Error(kNotFound) naming `what` ("user", "item") with the nearest known ids.
  idx_t at(std::string_view id, std::string_view what) const;
  /// The ids listed, renumbered from 0 in that order.
  IdMap select(const std::vector<idx_t>& indices) const;
  const StringColumn& ids() const { return ids_; }

 private:
  struct Slot {
    std::uint32_t tag = 0;  // upper half of the hash
    idx_t idx = kEmpty;
  };
  static constexpr idx_t kEmpty = 0xFFFFFFFF;
  void grow();

  StringColumn ids_;
  std::vector<Slot> slots_;  // power of two, at most 2/3 full
};

void write_ids(TensorWriter& writer, const std::string& name, const IdMap& ids);
/// Throws Error(kBadData) on duplicate ids.
IdMap read_ids(const TensorReader& reader, const std::string& name);

}  // namespace akin
