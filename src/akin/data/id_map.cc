#include "akin/data/id_map.h"

#include <algorithm>
#include <bit>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/data/id_twin.h"

namespace akin {

/// 8 bytes at a time through the SplitMix64 finalizer's multiplications; the last 8 may overlap those before.
std::uint64_t IdMap::hash_long(std::string_view id) {
  std::uint64_t hash = id.size() * 0x9E3779B97F4A7C15ULL;
  for (std::size_t at = 0; at + 8 < id.size(); at += 8) {
    hash = (hash ^ load<std::uint64_t>(id.data() + at)) * 0xBF58476D1CE4E5B9ULL;
    hash ^= hash >> 32;
  }
  return Rng::mix(hash ^ load<std::uint64_t>(id.data() + id.size() - 8)) | kLong;
}

void IdMap::place(std::uint64_t hash, idx_t idx) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].idx != kEmpty) at = (at + 1) & mask;
  slots_[at] = {static_cast<std::uint32_t>(hash), static_cast<std::uint32_t>(hash >> 32), idx};
}

void IdMap::grow() {
  std::vector<Slot> old(std::bit_ceil(std::max<std::size_t>(16, slots_.size() * 2)));
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.idx != kEmpty) place(std::uint64_t{slot.high} << 32 | slot.low, slot.idx);
  }
}

idx_t IdMap::insert(std::string_view id, std::uint64_t hash) {
  if (size() >= kEmpty - 1) fail(ErrorCode::kBadData, "more than {} different ids", kEmpty - 1);
  if ((size() + 1) * 3 > slots_.size() * 2) grow();
  place(hash, static_cast<idx_t>(size()));
  ids_.push_back(id);
  return static_cast<idx_t>(size() - 1);
}

std::optional<idx_t> IdMap::find(std::string_view id) const {
  const idx_t found = lookup(id, hash_of(id));
  if (found == kEmpty) return std::nullopt;
  return found;
}

idx_t IdMap::at(std::string_view id, std::string_view what) const {
  if (const auto found = find(id)) return *found;
  if (const auto twin = find_twin(*this, id))
    fail(ErrorCode::kNotFound, "unknown {} '{}' (did you mean {}?)", what, id, ids_[*twin]);
  constexpr std::size_t kMostCandidates = 200'000;  // keeps the message fast on large data sets
  std::vector<std::string> candidates;
  for (std::size_t i = 0; i < std::min(size(), kMostCandidates); ++i) candidates.emplace_back(ids_[i]);
  fail(ErrorCode::kNotFound, "unknown {} '{}'{}", what, id, did_you_mean(id, candidates));
}

IdMap IdMap::select(const std::vector<idx_t>& indices) const {
  IdMap result;
  for (const idx_t idx : indices) result.add(id(idx));
  return result;
}

void write_ids(TensorWriter& writer, const std::string& name, const IdMap& ids) {
  writer.meta(name + ".count", std::to_string(ids.size()));
  write_strings(writer, name, ids.ids());
}

IdMap read_ids(const TensorReader& reader, const std::string& name) {
  const auto count = static_cast<std::size_t>(reader.meta_int(name + ".count", 0, 0xFFFFFFFE));
  const StringColumn ids = read_strings(reader, name, count);
  IdMap map;
  for (std::size_t i = 0; i < count; ++i) map.add(ids[i]);
  if (map.size() != count) fail(ErrorCode::kBadData, "{}: {} holds duplicate ids", reader.path(), name);
  return map;
}

}  // namespace akin
