#include "akin/encode/encoder_steps.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/eigen.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/truncated_svd.h"

namespace akin {
namespace {

constexpr std::size_t kMostDense = 4096;

/// x <- x W for each row of `rows`.
Matrix times(const Matrix& rows, const Matrix& weights, const Context& context) {
  Matrix result(rows.rows(), weights.cols());
  parallel_for(rows.rows(), context.threads, [&](std::size_t begin, std::size_t end, int) {
    context.check_stop();
    for (std::size_t r = begin; r < end; ++r) {
      for (std::size_t c = 0; c < rows.cols(); ++c)
        axpy(rows.row(r)[c], weights.row(c), result.row(r), weights.stride());
    }
  });
  return result;
}

Matrix times(const Csr& rows, const Matrix& weights, const Context& context) {
  Matrix result(rows.rows(), weights.cols());
  parallel_for(rows.rows(), context.threads, [&](std::size_t begin, std::size_t end, int) {
    context.check_stop();
    for (std::size_t r = begin; r < end; ++r) {
      for (std::size_t e = 0; e < rows.row_size(r); ++e)
        axpy(rows.values_of(r)[e], weights.row(rows.cols_of(r)[e]), result.row(r), weights.stride());
    }
  });
  return result;
}

/// Mean of the rows, and their covariance over n, in double precision.
struct Moments {
  std::vector<double> mean;
  std::vector<double> covariance;  // (d, d)
};

Moments moments_of(const Matrix& rows, bool covariance, const Context& context) {
  const std::size_t n = rows.rows(), d = rows.cols();
  Moments result{std::vector<double>(d, 0.0), std::vector<double>(covariance ? d * d : 0, 0.0)};
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < d; ++c) result.mean[c] += static_cast<double>(rows.row(r)[c]);
  }
  for (double& mean : result.mean) mean /= static_cast<double>(n);
  std::vector<double> centred(d);
  for (std::size_t r = 0; r < n && covariance; ++r) {
    if (r % 1024 == 0) context.check_stop();
    for (std::size_t c = 0; c < d; ++c) centred[c] = static_cast<double>(rows.row(r)[c]) - result.mean[c];
    for (std::size_t i = 0; i < d; ++i) {
      double* const out = result.covariance.data() + i * d;
      for (std::size_t j = 0; j <= i; ++j) out[j] += centred[i] * centred[j];
    }
  }
  for (std::size_t i = 0; i < d && covariance; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const double value = result.covariance[i * d + j] / static_cast<double>(n);
      result.covariance[i * d + j] = result.covariance[j * d + i] = value;
    }
  }
  return result;
}

/// E diag(l)^(-1/2) of the shrunk covariance; directions without any variance become zero.
Matrix whitening_of(const std::vector<double>& covariance, std::size_t d, double shrinkage) {
  double trace = 0, largest = 0;
  for (std::size_t i = 0; i < d; ++i) trace += covariance[i * d + i];
  for (const double value : covariance) largest = std::max(largest, std::abs(value));
  Matrix weights(d, d);
  if (!(largest > 0)) return weights;
  Matrix scaled(d, d);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j)
      scaled.row(i)[j] = static_cast<float>(covariance[i * d + j] / largest);
  }
  const Eigenbasis basis = eigenbasis(scaled);
  const double floor = shrinkage * trace / static_cast<double>(d);
  constexpr double kNoise = 1e-7;  // of the largest: rounding of floats
  for (std::size_t k = 0; k < d; ++k) {
    const double own = static_cast<double>(basis.values[k]) > kNoise * static_cast<double>(basis.values[0])
                           ? static_cast<double>(basis.values[k]) * largest
                           : 0;
    const double value = (1 - shrinkage) * own + floor;
    for (std::size_t c = 0; c < d && value > 0; ++c)
      weights.row(c)[k] = static_cast<float>(static_cast<double>(basis.vectors.row(k)[c]) / std::sqrt(value));
  }
  return weights;
}

class EncoderWithSteps final : public ContentEncoder {
 public:
  std::unique_ptr<ContentEncoder> base;
  Matrix projection;        // (base dim, dim) of svd, or none
  std::vector<float> mean;  // (dim after svd), or none
  Matrix whitening;         // (dim, dim), or none

  std::string_view name() const override { return base->name(); }
  std::size_t dim() const override { return projection.empty() ? base->dim() : projection.cols(); }
  bool is_sparse() const override { return false; }
  const std::vector<std::string>& fields() const override { return base->fields(); }
  Matrix vectors_of(const ItemContent& items, const Context& context) const override {
    return finish(projected(items, context), context);
  }
  Matrix projected(const ItemContent& items, const Context& context) const {
    if (projection.empty()) return base->encode(items, context);
    return base->is_sparse() ? times(base->encode_sparse(items, context), projection, context)
                             : times(base->encode(items, context), projection, context);
  }
  /// The steps after the projection.
  Matrix finish(Matrix rows, const Context& context) const {
    std::vector<char> known(rows.rows());
    for (std::size_t r = 0; r < rows.rows(); ++r) known[r] = !is_zero(rows[r]);
    for (std::size_t r = 0; r < rows.rows() && !mean.empty(); ++r) {
      for (std::size_t c = 0; c < rows.cols(); ++c) rows.row(r)[c] -= mean[c];
    }
    if (!whitening.empty()) rows = times(rows, whitening, context);
    for (std::size_t r = 0; r < rows.rows(); ++r) {
      if (!known[r]) std::ranges::fill(rows[r], 0.0F);
    }
    normalize_rows(rows);
    return rows;
  }
  void save(TensorWriter& writer, const std::string& prefix) const override {
    base->save(writer, prefix);
    writer.meta(prefix + ".steps", std::to_string(dim()));
    write_matrix(writer, prefix + ".projection", projection);
    writer.tensor(prefix + ".mean", mean);
    write_matrix(writer, prefix + ".whitening", whitening);
  }
};

/// The rows of the items listed that are not zero.
Matrix known_rows(const Matrix& rows, std::span<const idx_t> items) {
  std::vector<idx_t> known;
  std::ranges::copy_if(items, std::back_inserter(known), [&](idx_t item) { return !is_zero(rows[item]); });
  Matrix result(known.size(), rows.cols());
  for (std::size_t r = 0; r < known.size(); ++r) std::ranges::copy(rows[known[r]], result[r].begin());
  return result;
}

Csr to_csr(const Matrix& rows) {
  Csr result;
  result.cols = rows.cols();
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    for (std::size_t c = 0; c < rows.cols(); ++c) {
      if (rows.row(r)[c] == 0) continue;
      result.indices.push_back(static_cast<idx_t>(c));
      result.values.push_back(rows.row(r)[c]);
    }
    result.offsets.push_back(result.indices.size());
  }
  return result;
}

}  // namespace

void EncoderSteps::add_params(std::vector<Param>& params) {
  params.push_back({"svd", &svd,
                    "dimensions of a truncated singular value decomposition that follows; 0 = none", 0,
                    4096});
  params.push_back({"center", &center, "subtract the mean vector"});
  params.push_back({"whiten", &whiten, "center, and give all directions the same variance"});
  params.push_back(
      {"shrinkage", &shrinkage, "share of the identity in the covariance that whiten inverts", 0, 1});
}

std::unique_ptr<ContentEncoder> with_steps(std::unique_ptr<ContentEncoder> base, const EncoderSteps& steps,
                                           const EncoderInput& input, const Context& context) {
  if (!steps.any()) return base;
  auto result = std::make_unique<EncoderWithSteps>();
  constexpr std::size_t kMostNumbers = std::size_t{1}
                                       << 27;  // half a GiB, several times while it is computed
  const std::size_t numbers = base->dim() * static_cast<std::size_t>(steps.svd);
  if (numbers > kMostNumbers) {
    fail(ErrorCode::kUsage,
         "{}: {} dimensions are too many for svd={}: its vectors would be {} numbers, at most {}; use fewer "
         "hash_bits, a "
         "larger min_items, or a smaller svd",
         base->name(), base->dim(), steps.svd, numbers, kMostNumbers);
  }
  if (steps.svd > 0) {
    const Csr all = base->is_sparse() ? base->encode_sparse(input.content, context)
                                      : to_csr(base->encode(input.content, context));
    const Csr rows = select_rows(all, input.items);
    const SvdOptions options{.rank = std::min({static_cast<std::size_t>(steps.svd), rows.rows(), rows.cols})};
    if (options.rank < static_cast<std::size_t>(steps.svd)) {
      context.remark(fmt::format("{}: {} items of {} dimensions have at most {} directions; svd={} is {}",
                                 base->name(), rows.rows(), rows.cols, options.rank, steps.svd,
                                 options.rank));
    }
    result->projection = truncated_svd(rows, transpose(rows), options, context).right;
  } else if (base->dim() > kMostDense) {
    fail(ErrorCode::kUsage,
         "{}: vectors of {} dimensions are too long to center or whiten, at most {}; reduce them with svd, "
         "such "
         "as svd=256",
         base->name(), base->dim(), kMostDense);
  }
  result->base = std::move(base);
  if (!steps.center && !steps.whiten) return result;
  const Matrix rows = known_rows(result->projected(input.content, context), input.items);
  if (rows.rows() < 2) return result;
  const Moments moments = moments_of(rows, steps.whiten, context);
  result->mean.assign(moments.mean.begin(), moments.mean.end());
  if (steps.whiten) {
    result->whitening = whitening_of(moments.covariance, rows.cols(), static_cast<double>(steps.shrinkage));
  }
  return result;
}

std::unique_ptr<ContentEncoder> read_steps(std::unique_ptr<ContentEncoder> base, const TensorReader& reader,
                                           const std::string& prefix) {
  if (!reader.has_meta(prefix + ".steps")) return base;
  auto result = std::make_unique<EncoderWithSteps>();
  const auto dim = static_cast<std::size_t>(
      reader.meta_int(prefix + ".steps", 1, static_cast<std::int64_t>(std::max(base->dim(), kMostDense))));
  // An absent step is stored as a matrix without rows.
  const auto read = [&](const std::string& name, std::size_t rows, std::size_t cols) {
    if (reader.shape(prefix + name) == std::vector<std::size_t>{0, 0}) return Matrix();
    return read_matrix(reader, prefix + name, rows, cols);
  };
  result->projection = read(".projection", base->dim(), dim);
  result->base = std::move(base);
  if (result->dim() != dim)
    reader.inconsistent(fmt::format("{} has other dimensions than its steps", prefix));
  const auto mean = reader.tensor<float>(prefix + ".mean");
  if (!mean.empty()) result->mean = reader.vector<float>(prefix + ".mean", dim);
  result->whitening = read(".whitening", dim, dim);
  return result;
}

}  // namespace akin
