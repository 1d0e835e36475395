#include "akin/data/id_map.h"

#include <bit>
#include <cstring>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

/// A fast 64-bit hash of short strings: 8 bytes at a time through the SplitMix64 finalizer's multiplications.
std::uint64_t hash_bytes(std::string_view text) {
  std::uint64_t hash = text.size() * 0x9E3779B97F4A7C15ULL;
  const char* bytes = text.data();
  std::size_t left = text.size();
  while (left >= 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes, 8);
    hash = (hash ^ word) * 0xBF58476D1CE4E5B9ULL;
    hash ^= hash >> 32;
    bytes += 8;
    left -= 8;
  }
  std::uint64_t tail = 0;
  std::memcpy(&tail, bytes, left);
  return Rng::mix(hash ^ tail);
}

}  // namespace

void IdMap::grow() {
  std::vector<Slot> old(std::bit_ceil(std::max<std::size_t>(16, slots_.size() * 2)));
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (idx_t idx = 0; idx < size(); ++idx) {
    const std::uint64_t hash = hash_bytes(id(idx));
    std::size_t at = hash & mask;
    while (slots_[at].idx != kEmpty) at = (at + 1) & mask;
    slots_[at] = {static_cast<std::uint32_t>(hash >> 32), idx};
  }
}

idx_t IdMap::add(std::string_view id) {
  if ((size() + 1) * 3 > slots_.size() * 2) grow();
  const std::uint64_t hash = hash_bytes(id);
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  for (; slots_[at].idx != kEmpty; at = (at + 1) & mask) {
    if (slots_[at].tag == tag && ids_[slots_[at].idx] == id) return slots_[at].idx;
  }
  if (size() >= kEmpty - 1) fail(ErrorCode::kBadData, "more than {} different ids", kEmpty - 1);
  slots_[at] = {tag, static_cast<idx_t>(size())};
  ids_.push_back(id);
  return static_cast<idx_t>(size() - 1);
}

std::optional<idx_t> IdMap::find(std::string_view id) const {
  if (slots_.empty()) return std::nullopt;
  const std::uint64_t hash = hash_bytes(id);
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask; slots_[at].idx != kEmpty; at = (at + 1) & mask) {
    if (slots_[at].tag == tag && ids_[slots_[at].idx] == id) return slots_[at].idx;
  }
  return std::nullopt;
}

idx_t IdMap::at(std::string_view id, std::string_view what) const {
  if (const auto found = find(id)) return *found;
  constexpr std::size_t kMostCandidates = 200'000;  // keeps the message fast on large shops
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
