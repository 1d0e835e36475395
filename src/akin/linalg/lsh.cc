#include "akin/linalg/lsh.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <queue>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

constexpr std::size_t kRowsAtOnce = 64;

void check_range(const char* name, int value, int least, int most) {
  if (value < least || value > most)
    fail(ErrorCode::kUsage, "LSH: {} is {}; give {} to {}", name, value, least, most);
}

}  // namespace

LshIndex::LshIndex(const Matrix& rows, Distance distance, const LshConfig& config, const Context& context)
    : rows_(rows), exact_(rows, distance), distance_(distance), config_(config) {
  constexpr int kMostTables = 1024, kMostHashes = 62, kMostProbes = 4096, kLeastHashes = 4;
  check_range("tables", config.tables, 1, kMostTables);
  check_range("hashes", config.hashes, 0, kMostHashes);
  check_range("probes", config.probes, 1, kMostProbes);
  if (!(config.width >= 0) || !std::isfinite(config.width))
    fail(ErrorCode::kUsage, "LSH: width is {}; give a positive number, or 0 for one from the data",
         config.width);
  context.check_stop();
  if (config_.hashes == 0) {
    const double buckets = static_cast<double>(rows.rows()) / 8;
    config_.hashes = std::clamp(static_cast<int>(std::lround(std::log2(std::max(buckets, 1.0)))),
                                kLeastHashes, kMostHashes);
  }
  const auto n_tables = static_cast<std::size_t>(config_.tables),
             n_hashes = static_cast<std::size_t>(config_.hashes);
  directions_ = Matrix::normal(n_tables * n_hashes, rows.cols(), 1, context.seed, context.threads);
  Rng rng(context.seed, 0x6C7368);
  for (std::size_t h = 0; h < n_hashes; ++h)
    multipliers_.push_back(distance == Distance::kCosine ? std::uint64_t{1} << h : rng.next() | 1);
  if (distance == Distance::kEuclidean) {
    if (config_.width == 0) config_.width = 4 * neighbor_distance(context);
    for (std::size_t h = 0; h < directions_.rows(); ++h) {
      offsets_.push_back(rng.uniform_float());
      scale(1 / config_.width, directions_.row(h), directions_.stride());
    }
  }
  // Keys of all rows, block by block, so that the directions are read once a block.
  std::vector<std::vector<std::uint64_t>> keys(n_tables, std::vector<std::uint64_t>(rows.rows()));
  parallel_for((rows.rows() + kRowsAtOnce - 1) / kRowsAtOnce, context.threads,
               [&](std::size_t first, std::size_t last, int) {
                 std::vector<float> products(directions_.rows() * kRowsAtOnce), own(n_hashes);
                 for (std::size_t block = first; block < last; ++block) {
                   context.check_stop();
                   const std::size_t begin = block * kRowsAtOnce,
                                     end = std::min(rows.rows(), begin + kRowsAtOnce);
                   multiply(rows, begin, end, directions_, products.data(), kRowsAtOnce);
                   for (std::size_t r = begin; r < end; ++r) {
                     for (std::size_t t = 0; t < n_tables; ++t) {
                       for (std::size_t h = 0; h < n_hashes; ++h)
                         own[h] = products[(t * n_hashes + h) * kRowsAtOnce + r - begin];
                       keys[t][r] = key(t, own.data());
                     }
                   }
                 }
               },
               4);
  tables_.resize(n_tables);
  parallel_for(
      n_tables, context.threads,
      [&](std::size_t first, std::size_t last, int) {
        for (std::size_t t = first; t < last; ++t) {
          context.check_stop();
          Table& table = tables_[t];
          table.rows.resize(rows.rows());
          std::iota(table.rows.begin(), table.rows.end(), idx_t{0});
          std::ranges::sort(table.rows, [&](idx_t a, idx_t b) {
            return keys[t][a] != keys[t][b] ? keys[t][a] < keys[t][b] : a < b;
          });
          for (std::size_t at = 0; at < table.rows.size(); ++at) {
            const std::uint64_t bucket = keys[t][table.rows[at]];
            if (!table.keys.empty() && table.keys.back() == bucket) continue;
            table.keys.push_back(bucket);
            table.begins.push_back(static_cast<std::uint32_t>(at));
          }
          table.begins.push_back(static_cast<std::uint32_t>(table.rows.size()));
        }
      },
      1);
}

/// Mean over some rows, drawn by seed.
float LshIndex::neighbor_distance(const Context& context) const {
  constexpr std::size_t kDrawn = 64, kNeighbor = 10;
  Rng rng(context.seed, 0x77696474);
  double sum = 0;
  for (std::size_t drawn = 0; drawn < kDrawn && rows_.rows() > 1; ++drawn) {
    context.check_stop();
    const std::vector<Scored> near = exact_.nearest(rows_.row(rng.below(rows_.rows())), kNeighbor + 1);
    sum -= static_cast<double>(near.back().score);
  }
  return sum > 0 ? static_cast<float>(sum / kDrawn) : 1.0F;  // 1: all rows are the same
}

std::vector<float> LshIndex::project(const float* query) const {
  std::vector<float> projections(directions_.rows());
  multiply(directions_, 0, directions_.rows(), query, projections.data());
  return projections;
}

/// Of `projections`, those of one table.
std::uint64_t LshIndex::key(std::size_t table, const float* projections) const {
  std::uint64_t sum = 0;
  for (std::size_t h = 0; h < multipliers_.size(); ++h) {
    if (distance_ == Distance::kCosine) {
      sum += projections[h] >= 0 ? multipliers_[h] : 0;
    } else {
      const float value = std::floor(projections[h] + offsets_[table * multipliers_.size() + h]);
      sum += static_cast<std::uint64_t>(static_cast<std::int64_t>(value)) * multipliers_[h];
    }
  }
  return sum;
}

struct LshIndex::Move {
  float cost;          // squared distance to the boundary
  std::uint64_t adds;  // to the key
  std::uint32_t hash;
};

/// The keys of the buckets to look at, in order. Sets of moves come by falling chance: from a set whose last move is m, the next
/// are the one with m + 1 in the place of m and the one with m + 1 added (Lv et al. 2007, algorithm 1).
std::vector<std::uint64_t> LshIndex::probes(std::size_t table, const float* projections) const {
  const std::uint64_t own = key(table, projections);
  std::vector<std::uint64_t> keys = {own};
  const auto wanted = static_cast<std::size_t>(config_.probes);
  if (wanted == 1) return keys;
  std::vector<Move> moves;
  for (std::uint32_t h = 0; h < multipliers_.size(); ++h) {
    if (distance_ == Distance::kCosine) {
      const std::uint64_t adds = projections[h] >= 0 ? -multipliers_[h] : multipliers_[h];
      moves.push_back({projections[h] * projections[h], adds, h});
    } else {
      const float at = projections[h] + offsets_[table * multipliers_.size() + h];
      const float below = at - std::floor(at), above = 1 - below;
      moves.push_back({below * below, -multipliers_[h], h});
      moves.push_back({above * above, multipliers_[h], h});
    }
  }
  std::ranges::stable_sort(moves, std::ranges::less{}, &Move::cost);
  struct Set {
    float cost;
    std::vector<std::uint32_t> moves;         // ascending
    bool operator<(const Set& other) const {  // the top of the queue is the cheapest
      return cost != other.cost ? cost > other.cost : moves > other.moves;
    }
  };
  std::priority_queue<Set> sets;
  sets.push({moves[0].cost, {0}});
  while (keys.size() < wanted && !sets.empty()) {
    Set set = sets.top();
    sets.pop();
    std::uint64_t moved = own;
    std::uint64_t hashes = 0;
    bool valid = true;
    for (const std::uint32_t m : set.moves) {
      const std::uint64_t bit = std::uint64_t{1} << moves[m].hash;
      valid = valid && (hashes & bit) == 0;  // not one hash both ways
      hashes |= bit;
      moved += moves[m].adds;
    }
    if (valid) keys.push_back(moved);
    const std::uint32_t last = set.moves.back();
    if (last + 1 == moves.size()) continue;
    Set longer = set;
    longer.moves.push_back(last + 1);
    longer.cost += moves[last + 1].cost;
    set.moves.back() = last + 1;
    set.cost += moves[last + 1].cost - moves[last].cost;
    sets.push(std::move(longer));
    sets.push(std::move(set));
  }
  return keys;
}

std::vector<idx_t> LshIndex::candidates(const float* query) const {
  const std::vector<float> projections = project(query);
  std::vector<idx_t> found;
  for (std::size_t t = 0; t < tables_.size(); ++t) {
    const Table& table = tables_[t];
    for (const std::uint64_t wanted : probes(t, projections.data() + t * multipliers_.size())) {
      const auto at = std::ranges::lower_bound(table.keys, wanted);
      if (at == table.keys.end() || *at != wanted) continue;
      const auto bucket = static_cast<std::size_t>(at - table.keys.begin());
      found.insert(found.end(), table.rows.begin() + table.begins[bucket],
                   table.rows.begin() + table.begins[bucket + 1]);
    }
  }
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<Scored> LshIndex::nearest(const float* query, std::size_t k, std::span<const char> allowed,
                                      std::size_t* scored) const {
  std::size_t count = 0;
  std::vector<Scored> best = exact_.nearest_of(candidates(query), query, k, allowed, &count);
  if (scored != nullptr) *scored = count;
  return best;
}

std::vector<std::int64_t> LshIndex::hashes(const float* query) const {
  const std::vector<float> projections = project(query);
  std::vector<std::int64_t> values;
  for (std::size_t h = 0; h < projections.size(); ++h) {
    values.push_back(distance_ == Distance::kCosine
                         ? std::int64_t{projections[h] >= 0}
                         : static_cast<std::int64_t>(std::floor(projections[h] + offsets_[h])));
  }
  return values;
}

std::size_t LshIndex::memory() const {
  std::size_t bytes = directions_.rows() * directions_.stride() * sizeof(float) +
                      rows_.rows() * sizeof(float);  // the lengths of the rows
  for (const Table& table : tables_) {
    bytes += table.keys.size() * sizeof(std::uint64_t) + table.begins.size() * sizeof(std::uint32_t) +
             table.rows.size() * sizeof(idx_t);
  }
  return bytes;
}

}  // namespace akin
