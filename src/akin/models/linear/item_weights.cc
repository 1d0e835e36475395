#include "akin/models/linear/item_weights.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/rank_rows.h"

namespace akin {
namespace {

/// The history as v; values are 1 unless they count.
HistoryRow weighted_history(const Query& query, bool use_values) {
  HistoryRow row = positive_history_row(query);
  if (!use_values) std::ranges::fill(row.values, 1.0f);
  return row;
}

}  // namespace

bool ItemWeightModel::score_all(const Query& query, std::span<float> out) const {
  AKIN_ASSERT(out.size() == n_items());
  std::ranges::fill(out, 0.0f);
  const HistoryRow history = weighted_history(query, use_values_);
  bool any = false;
  for (std::size_t h = 0; h < history.items.size(); ++h) {
    const auto targets = weights_.cols_of(history.items[h]);
    const auto weights = weights_.values_of(history.items[h]);
    if (targets.size() == out.size()) {  // columns ascend: all of them
      axpy(history.values[h], weights.data(), out.data(), out.size());
    } else {
      for (std::size_t n = 0; n < targets.size(); ++n) out[targets[n]] += history.values[h] * weights[n];
    }
    any = any || !targets.empty();
  }
  return any;
}

std::optional<Explanation> ItemWeightModel::explain(const Query& query, idx_t item) const {
  AKIN_ASSERT(item < n_items());
  const HistoryRow history = weighted_history(query, use_values_);
  Explanation explanation;
  bool any = false;
  for (std::size_t h = 0; h < history.items.size(); ++h) {
    const auto targets = weights_.cols_of(history.items[h]);
    any = any || !targets.empty();
    const auto found = std::ranges::lower_bound(targets, item);
    if (found == targets.end() || *found != item) continue;
    const float weight =
        weights_.values_of(history.items[h])[static_cast<std::size_t>(found - targets.begin())];
    if (weight != 0) explanation.causes.push_back({history.items[h], history.values[h] * weight});
  }
  if (!any) return std::nullopt;
  std::ranges::sort(explanation.causes, ranks_before);
  return explanation;
}

std::vector<Scored> ItemWeightModel::similar(idx_t item, std::size_t k) const {
  const auto targets = weights_.cols_of(item);
  const auto weights = weights_.values_of(item);
  TopK best(std::min(k, targets.size()));
  for (std::size_t n = 0; n < targets.size(); ++n) {
    if (weights[n] > 0 && targets[n] != item) best.push(targets[n], weights[n]);
  }
  return best.take();
}

void ItemWeightModel::save(TensorWriter& writer) const {
  write_csr(writer, "model.weights", weights_);
  writer.meta("model.use_values", use_values_ ? "1" : "0");
}

ItemWeightModel::State ItemWeightModel::load_state(const TensorReader& reader, std::size_t n_items) {
  const bool use_values = reader.meta_int("model.use_values", 0, 1) != 0;
  return {read_csr(reader, "model.weights", n_items, n_items, ColumnOrder::kAscending), use_values};
}

RowCollector::RowCollector(std::size_t rows, std::size_t cols, std::size_t width)
    : width_(std::min(width, cols)), sizes_(rows, 0) {
  rows_.cols = cols;
  rows_.offsets.assign(rows + 1, 0);
  rows_.indices.resize(rows * width_);
  rows_.values.resize(rows * width_);
}

void RowCollector::set_largest(std::size_t row, std::span<const float> values) {
  AKIN_ASSERT(values.size() == rows_.cols);
  std::vector<Scored> entries;
  if (width_ >= values.size()) {
    for (std::size_t c = 0; c < values.size(); ++c) entries.push_back({static_cast<idx_t>(c), values[c]});
    return set(row, entries);
  }
  if (width_ == 0) return;
  std::vector<float> sizes(values.size());
  std::ranges::transform(values, sizes.begin(), [](float value) { return std::abs(value); });
  const auto last = sizes.begin() + static_cast<std::ptrdiff_t>(width_ - 1);
  std::ranges::nth_element(sizes, last, std::greater<>());
  const float bar = *last;
  // Of entries as large as the last one, the first ones are kept.
  auto ties = static_cast<std::ptrdiff_t>(width_) -
              std::count_if(sizes.begin(), last, [bar](float size) { return size > bar; });
  for (std::size_t c = 0; c < values.size(); ++c) {
    const float size = std::abs(values[c]);
    if (size == 0 || size < bar || (size == bar && ties-- <= 0)) continue;
    entries.push_back({static_cast<idx_t>(c), values[c]});
  }
  set(row, entries);
}

void RowCollector::set(std::size_t row, std::span<const Scored> entries) {
  AKIN_ASSERT(entries.size() <= width_);
  sizes_[row] = static_cast<std::uint32_t>(entries.size());
  for (std::size_t n = 0; n < entries.size(); ++n) {
    rows_.indices[row * width_ + n] = entries[n].idx;
    rows_.values[row * width_ + n] = entries[n].score;
  }
}

Csr RowCollector::take() {
  std::uint64_t to = 0;
  for (std::size_t r = 0; r < sizes_.size(); ++r) {
    for (std::uint64_t from = r * width_, end = from + sizes_[r]; from < end; ++from, ++to) {
      rows_.indices[to] = rows_.indices[from];
      rows_.values[to] = rows_.values[from];
    }
    rows_.offsets[r + 1] = to;
  }
  rows_.indices.resize(to);
  rows_.values.resize(to);
  return std::move(rows_);
}

Interactions linear_interactions(const TrainingData& data, bool use_values, std::string_view model,
                                 const Context& context) {
  Interactions result;
  result.by_user = gather_csr(context.ranks(), positive_interactions(data, model, context));
  if (!use_values) std::ranges::fill(result.by_user.values, 1.0f);
  if (!std::ranges::all_of(result.by_user.values, [](float value) { return value < 1e15f; })) {
    fail(ErrorCode::kBadData, "{}: the summed values overflow; scale them or train without use_values",
         model);
  }
  result.by_item = transpose(result.by_user);
  return result;
}

double physical_memory() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void check_memory(double bytes, std::string_view what, std::string_view advice) {
  const double there = physical_memory();
  if (bytes <= there) return;
  fail(ErrorCode::kBadData, "{} needs {:.1f} GB of memory and this machine has {:.1f} GB; {}", what,
       bytes / 1e9, there / 1e9, advice);
}

}  // namespace akin
