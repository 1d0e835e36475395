#include "akin/fusion/content_model.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/encode/encoders.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/row_product.h"
#include "akin/models/placed.h"

namespace akin {
namespace {

float norm_of(std::span<const float> values) {
  double squares = 0;
  for (const float value : values) squares += static_cast<double>(value) * static_cast<double>(value);
  return static_cast<float>(std::sqrt(squares));
}

/// Adds up entries of the same column.
void merge_entries(std::vector<std::pair<idx_t, float>>& entries) {
  std::ranges::stable_sort(entries, {}, &std::pair<idx_t, float>::first);
  std::size_t out = 0;
  for (const auto& entry : entries) {
    if (out > 0 && entries[out - 1].first == entry.first) {
      entries[out - 1].second += entry.second;
    } else {
      entries[out++] = entry;
    }
  }
  entries.resize(out);
}

}  // namespace

struct ContentModel::Profile {
  std::vector<std::pair<idx_t, float>> entries;  // of sparse vectors, ascending
  Matrix row;                                    // (1, dim) of dense ones
};

ContentModel::ContentModel(std::unique_ptr<ContentEncoder> encoder, const ItemContent& content,
                           bool use_values, const Context& context)
    : encoder_(std::move(encoder)), use_values_(use_values) {
  if (encoder_->is_sparse()) {
    sparse_ = encoder_->encode_sparse(content, context);
  } else {
    dense_ = encoder_->encode(content, context);
  }
  finish();
}

ContentModel::~ContentModel() = default;

void ContentModel::finish() {
  const std::size_t n = encoder_->is_sparse() ? sparse_.rows() : dense_.rows();
  norms_.resize(n);
  for (std::size_t i = 0; i < n; ++i)
    norms_[i] = norm_of(encoder_->is_sparse() ? sparse_.values_of(i) : dense_[i]);
  if (encoder_->is_sparse()) by_dimension_ = transpose(sparse_);
}

float ContentModel::product(idx_t a, idx_t b) const {
  if (!encoder_->is_sparse()) return dot(dense_.row(a), dense_.row(b), dense_.stride());
  float sum = 0;
  const auto columns_a = sparse_.cols_of(a), columns_b = sparse_.cols_of(b);
  for (std::size_t x = 0, y = 0; x < columns_a.size() && y < columns_b.size();) {
    if (columns_a[x] == columns_b[y]) sum += sparse_.values_of(a)[x] * sparse_.values_of(b)[y];
    const bool step_a = columns_a[x] <= columns_b[y], step_b = columns_b[y] <= columns_a[x];
    x += step_a ? 1 : 0;
    y += step_b ? 1 : 0;
  }
  return sum;
}

bool ContentModel::make_profile(const Query& query, Profile& profile) const {
  float items = 0;
  if (!encoder_->is_sparse()) profile.row = Matrix(1, dense_.cols());
  for (std::size_t h = 0; h < query.history.size(); ++h) {
    const idx_t item = query.history[h];
    if (!has_vector(item)) continue;
    const float weight = use_values_ && !query.values.empty() ? query.values[h] : 1;
    items += 1;
    if (!encoder_->is_sparse()) {
      axpy(weight, dense_.row(item), profile.row.row(0), dense_.stride());
      continue;
    }
    for (std::size_t e = 0; e < sparse_.row_size(item); ++e)
      profile.entries.emplace_back(sparse_.cols_of(item)[e], weight * sparse_.values_of(item)[e]);
  }
  if (items == 0) return false;
  merge_entries(profile.entries);
  for (auto& [column, value] : profile.entries) value /= items;
  if (!encoder_->is_sparse()) scale(1 / items, profile.row.row(0), profile.row.stride());
  return true;
}

void ContentModel::score_items(const Profile& profile, std::span<float> out) const {
  if (encoder_->is_sparse()) {
    std::ranges::fill(out, 0.0F);
    for (const auto& [column, value] : profile.entries) {
      const auto items = by_dimension_.cols_of(column);
      const auto values = by_dimension_.values_of(column);
      for (std::size_t e = 0; e < items.size(); ++e) out[items[e]] += value * values[e];
    }
  } else {
    multiply(dense_, 0, dense_.rows(), profile.row.row(0), out.data());
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!has_vector(static_cast<idx_t>(i))) out[i] = kNever;
  }
}

bool ContentModel::user_vector(const Query&, std::span<float>) const { return false; }

bool ContentModel::score_all(const Query& query, std::span<float> out) const {
  AKIN_ASSERT(out.size() == n_items());
  Profile profile;
  if (!make_profile(query, profile)) return false;
  score_items(profile, out);
  return true;
}

std::optional<Explanation> ContentModel::explain(const Query& query, idx_t item) const {
  if (!has_vector(item)) return std::nullopt;
  float items = 0;
  for (const idx_t seen : query.history) items += has_vector(seen) ? 1.0F : 0.0F;
  if (items == 0) return std::nullopt;
  std::vector<std::pair<idx_t, float>> causes;
  for (std::size_t h = 0; h < query.history.size(); ++h) {
    if (!has_vector(query.history[h])) continue;
    const float weight = use_values_ && !query.values.empty() ? query.values[h] : 1;
    causes.emplace_back(query.history[h], weight * product(query.history[h], item) / items);
  }
  merge_entries(causes);
  Explanation explanation;
  for (const auto& [cause, value] : causes) explanation.causes.push_back({cause, value});
  std::ranges::stable_sort(explanation.causes, std::ranges::greater{}, &Scored::score);
  return explanation;
}

ContentModel::Profile ContentModel::profile_of(const Csr& sparse, const Matrix& dense,
                                               std::size_t row) const {
  Profile profile;
  if (encoder_->is_sparse()) {
    for (std::size_t e = 0; e < sparse.row_size(row); ++e)
      profile.entries.emplace_back(sparse.cols_of(row)[e], sparse.values_of(row)[e]);
  } else {
    profile.row = Matrix(1, dense.cols());
    std::ranges::copy(dense[row], profile.row[0].begin());
  }
  return profile;
}

/// By cosine; items without a vector are left out.
std::vector<Scored> ContentModel::nearest(const Profile& profile, std::size_t k,
                                          std::optional<idx_t> without) const {
  double squares = 0;
  for (const auto& [column, value] : profile.entries)
    squares += static_cast<double>(value) * static_cast<double>(value);
  const float norm = encoder_->is_sparse() ? static_cast<float>(std::sqrt(squares)) : norm_of(profile.row[0]);
  if (!(norm > 0)) return {};
  std::vector<float> scores(n_items());
  score_items(profile, scores);
  TopK best(std::min(k, scores.size()));
  for (idx_t i = 0; i < scores.size(); ++i) {
    if (!has_vector(i) || i == without || (encoder_->is_sparse() && scores[i] == 0))
      continue;  // nothing in common
    best.push(i, scores[i] / (norm * norms_[i]));
  }
  return best.take();
}

Csr ContentModel::rows_at(std::span<const idx_t> items) const {
  return encoder_->is_sparse() ? select_rows(sparse_, items) : sparse_rows(Matrix::gather(dense_, items));
}

Csr ContentModel::rows_of(const ItemContent& items, const Context& context) const {
  return encoder_->is_sparse() ? encoder_->encode_sparse(items, context)
                               : sparse_rows(encoder_->encode(items, context));
}

bool ContentModel::score_row(const Csr& rows, std::size_t row, std::span<float> out) const {
  if (rows.row_size(row) == 0) return false;
  Profile profile;
  if (!encoder_->is_sparse()) profile.row = Matrix(1, dense_.cols());
  for (std::size_t e = 0; e < rows.row_size(row); ++e) {
    const idx_t column = rows.cols_of(row)[e];
    const float value = rows.values_of(row)[e];
    if (encoder_->is_sparse())
      profile.entries.emplace_back(column, value);
    else
      profile.row[0][column] = value;
  }
  score_items(profile, out);
  return true;
}

std::vector<Scored> ContentModel::similar(idx_t item, std::size_t k) const {
  return nearest(profile_of(sparse_, dense_, item), k, item);
}

std::vector<std::vector<Scored>> ContentModel::similar_to(const ItemContent& items, std::size_t k) const {
  std::vector<std::vector<Scored>> lists;
  const Csr sparse = encoder_->is_sparse() ? encoder_->encode_sparse(items, {}) : Csr{};
  const Matrix dense = encoder_->is_sparse() ? Matrix() : encoder_->encode(items, {});
  for (std::size_t i = 0; i < items.size(); ++i)
    lists.push_back(nearest(profile_of(sparse, dense, i), k, std::nullopt));
  return lists;
}

std::unique_ptr<ContentModel> ContentModel::over(const ItemContent& content, std::span<const idx_t> old_items,
                                                 const Context& context) const {
  AKIN_ASSERT(old_items.size() == content.size());
  std::unique_ptr<ContentModel> model(new ContentModel());
  model->encoder_ = encoder_;
  model->use_values_ = use_values_;
  if (encoder_->is_sparse()) {
    const Csr fresh = encoder_->encode_sparse(content, context);
    Csr& rows = model->sparse_;
    rows.cols = fresh.cols;
    rows.offsets = {0};
    for (std::size_t i = 0; i < old_items.size(); ++i) {
      const bool is_new = old_items[i] == kNew;
      const Csr& from = is_new ? fresh : sparse_;
      const std::size_t row = is_new ? i : old_items[i];
      rows.indices.insert(rows.indices.end(), from.cols_of(row).begin(), from.cols_of(row).end());
      rows.values.insert(rows.values.end(), from.values_of(row).begin(), from.values_of(row).end());
      rows.offsets.push_back(rows.indices.size());
    }
  } else {
    model->dense_ = encoder_->encode(content, context);
    for (std::size_t i = 0; i < old_items.size(); ++i) {
      if (old_items[i] != kNew) std::ranges::copy(dense_[old_items[i]], model->dense_[i].begin());
    }
  }
  model->finish();
  return model;
}

void ContentModel::write(TensorWriter& writer, const std::string& prefix) const {
  write_encoder(writer, prefix + ".encoder", *encoder_);
  writer.meta(prefix + ".use_values", use_values_ ? "1" : "0");
  writer.meta(prefix + ".items", std::to_string(n_items()));
  if (encoder_->is_sparse()) {
    write_csr(writer, prefix + ".vectors", sparse_);
  } else {
    write_matrix(writer, prefix + ".vectors", dense_);
  }
}

std::unique_ptr<ContentModel> ContentModel::read(const TensorReader& reader, const std::string& prefix,
                                                 std::size_t n_items) {
  std::unique_ptr<ContentModel> model(new ContentModel());
  model->restore(reader, prefix, n_items);
  return model;
}

void ContentModel::restore(const TensorReader& reader, const std::string& prefix, std::size_t n_items) {
  encoder_ = read_encoder(reader, prefix + ".encoder");
  use_values_ = reader.meta_int(prefix + ".use_values", 0, 1) == 1;
  const auto rows = static_cast<std::size_t>(
      reader.meta_int(prefix + ".items", static_cast<std::int64_t>(n_items), 0xFFFFFFFE));
  if (encoder_->is_sparse()) {
    sparse_ = read_csr(reader, prefix + ".vectors", rows, encoder_->dim(), ColumnOrder::kAscending);
  } else {
    dense_ = read_matrix(reader, prefix + ".vectors", rows, encoder_->dim());
  }
  finish();
}

}  // namespace akin
