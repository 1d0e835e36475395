// One vector in place of all sources.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/fusion/source_gate.h"
#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

class TensorReader;  // base/safetensors.h
class TensorWriter;

/// Vectors whose dot products are near the weighted sum of those of all sources:
///
///   e_i = sum_s sqrt(w_s(n_i) / deviation_s) x_s,i P_s,   at length 1
///
/// with the sources' vectors x, the mean deviation of a source's scores within a user, and P the first k right singular
/// vectors of all e_i with P = 1: no other k dimensions keep more of the dot products (Eckart & Young 1936). Weights are
/// those of scores that are not damped, which no product can be. Of a source that has no vector of an item, the mean of its
/// vectors stands for it, whose products are the mean of the products. At length 1, since items that few sources know, or
/// whose words do not fit into k dimensions, would come last for that reason alone.
class FusedVectors {
 public:
  FusedVectors() = default;
  /// `rows`: by source, (items, dim). `deviations`: by source; 0 leaves the source out. Throws Error(kCancelled).
  static FusedVectors fit(std::span<const Csr> rows, SourceGate gate, std::span<const std::uint32_t> events,
                          std::vector<float> deviations, std::size_t dimensions, const Context& context);

  bool empty() const { return projection_.empty(); }
  std::size_t dim() const { return projection_.cols(); }
  /// (items, dim) of rows by source; zeros for an item that no source knows.
  Matrix embed(std::span<const Csr> rows, std::span<const std::uint32_t> events,
               const Context& context) const;

  /// Under names that begin with `prefix` and a dot. It outlives the writer.
  void write(TensorWriter& writer, const std::string& prefix) const;
  /// Of sources with that many dimensions in all. Throws Error(kBadData).
  static FusedVectors read(const TensorReader& reader, const std::string& prefix, std::size_t inputs,
                           std::size_t sources);

 private:
  float scale(std::size_t source, std::uint32_t events) const;
  Csr weighted(std::span<const Csr> rows, std::span<const std::uint32_t> events) const;

  Matrix projection_;              // (dimensions of all sources, k)
  Matrix means_;                   // (sources, k): projected mean of each source's vectors
  std::vector<float> deviations_;  // by source
  SourceGate gate_{0};
};

}  // namespace akin
