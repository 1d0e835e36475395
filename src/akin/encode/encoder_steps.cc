#include "akin/encode/encoder_steps.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/encode/whitening.h"
#include "akin/linalg/row_product.h"
#include "akin/linalg/truncated_svd.h"

namespace akin {
namespace {

constexpr std::size_t kMostDense = 4096;

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
  bool reads_pictures() const override { return base->reads_pictures(); }
  Matrix vectors_of(const ItemContent& items, const Context& context) const override {
    return finish(projected(items, context), context);
  }
  Matrix projected(const ItemContent& items, const Context& context) const {
    if (projection.empty()) return base->encode(items, context);
    return base->is_sparse() ? multiply_rows(base->encode_sparse(items, context), projection, context)
                             : multiply_rows(base->encode(items, context), projection, context);
  }
  /// The steps after the projection.
  Matrix finish(Matrix rows, const Context& context) const {
    return whitened_rows(std::move(rows), mean, whitening, context);
  }
  void save(TensorWriter& writer, const std::string& prefix) const override {
    base->save(writer, prefix);
    writer.meta(prefix + ".steps", std::to_string(dim()));
    write_matrix(writer, prefix + ".projection", projection);
    writer.tensor(prefix + ".mean", mean);
    write_matrix(writer, prefix + ".whitening", whitening);
  }
};

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
                                      : sparse_rows(base->encode(input.content, context));
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
  Whitening whitening = fit_whitening(rows, steps.whiten, steps.shrinkage, context);
  result->mean = std::move(whitening.mean);
  result->whitening = std::move(whitening.weights);
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
