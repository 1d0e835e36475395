#include "akin/fusion/fused_vectors.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/row_product.h"
#include "akin/linalg/truncated_svd.h"

namespace akin {

float FusedVectors::scale(std::size_t source, std::uint32_t events) const {
  const float weight = gate_.weight(source, events);
  return deviations_[source] > 0 && weight > 0 ? std::sqrt(weight / deviations_[source]) : 0;
}

Csr FusedVectors::weighted(std::span<const Csr> rows, std::span<const std::uint32_t> events) const {
  std::vector<Csr> scaled(rows.begin(), rows.end());
  for (std::size_t s = 0; s < scaled.size(); ++s) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      const float factor = scale(s, events[i]);
      for (std::uint64_t e = scaled[s].offsets[i]; e < scaled[s].offsets[i + 1]; ++e)
        scaled[s].values[e] *= factor;
    }
  }
  return side_by_side(scaled);
}

FusedVectors FusedVectors::fit(std::span<const Csr> rows, SourceGate gate,
                               std::span<const std::uint32_t> events, std::vector<float> deviations,
                               std::size_t dimensions, const Context& context) {
  FusedVectors result;
  result.deviations_ = std::move(deviations);
  result.gate_ = std::move(gate);
  const Csr all = result.weighted(rows, events);
  const std::size_t rank = std::min({dimensions, all.rows(), all.cols});
  result.projection_ = truncated_svd(all, transpose(all), {.rank = rank}, context).right;
  result.means_ = Matrix(rows.size(), rank);
  std::size_t first = 0;
  for (std::size_t s = 0; s < rows.size(); ++s) {
    double known = 0;
    std::vector<double> sums(rank, 0.0);
    for (std::size_t i = 0; i < rows[s].rows(); ++i) {
      known += rows[s].row_size(i) > 0 ? 1 : 0;
      for (std::size_t e = 0; e < rows[s].row_size(i); ++e) {
        const auto projected = result.projection_[first + rows[s].cols_of(i)[e]];
        for (std::size_t c = 0; c < rank; ++c)
          sums[c] += static_cast<double>(rows[s].values_of(i)[e]) * static_cast<double>(projected[c]);
      }
    }
    for (std::size_t c = 0; c < rank && known > 0; ++c)
      result.means_[s][c] = static_cast<float>(sums[c] / known);
    first += rows[s].cols;
  }
  return result;
}

Matrix FusedVectors::embed(std::span<const Csr> rows, std::span<const std::uint32_t> events,
                           const Context& context) const {
  Matrix result = multiply_rows(weighted(rows, events), projection_, context);
  for (std::size_t i = 0; i < result.rows(); ++i) {
    const auto has = [&](const Csr& source) { return source.row_size(i) > 0; };
    if (std::ranges::none_of(rows, has)) continue;
    for (std::size_t s = 0; s < rows.size(); ++s) {
      if (!has(rows[s])) axpy(scale(s, events[i]), means_.row(s), result.row(i), means_.stride());
    }
  }
  normalize_rows(result);
  return result;
}

void FusedVectors::write(TensorWriter& writer, const std::string& prefix) const {
  write_matrix(writer, prefix + ".projection", projection_);
  write_matrix(writer, prefix + ".means", means_);
  writer.tensor(prefix + ".deviations", deviations_);
  write_matrix(writer, prefix + ".gate", gate_.weights());
}

FusedVectors FusedVectors::read(const TensorReader& reader, const std::string& prefix, std::size_t inputs,
                                std::size_t sources) {
  FusedVectors result;
  result.projection_ = read_matrix(reader, prefix + ".projection", inputs);
  result.means_ = read_matrix(reader, prefix + ".means", sources, result.projection_.cols());
  result.deviations_ =
      reader.vector_in<float>(prefix + ".deviations", sources, 0.0F, std::numeric_limits<float>::max());
  result.gate_ = SourceGate(read_matrix(reader, prefix + ".gate", SourceGate::kKnots.size(), sources));
  return result;
}

}  // namespace akin
