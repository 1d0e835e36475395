// LSH beside exact search: recall of the ten nearest, processor time of a question and memory, of the vectors in a file or of drawn ones.
// lsh_bench VECTORS|ROWS [DIM]; drawn: rows around ROWS / 50 centres that lie in 32 directions.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/lsh.h"
#include "akin/linalg/row_product.h"
#include "akin/store/embeddings_reader.h"

namespace {

akin::Matrix drawn(std::size_t rows, std::size_t dim) {
  constexpr std::size_t kDirections = 32, kPerCenter = 50;
  const akin::Matrix directions = akin::Matrix::normal(kDirections, dim, 1, 1);
  const akin::Matrix centers = akin::Matrix::normal(rows / kPerCenter + 1, kDirections, 1, 2);
  akin::Matrix inner = akin::Matrix::normal(rows, kDirections, 0.5, 3);
  for (std::size_t r = 0; r < rows; ++r)
    akin::axpy(1, centers.row(r % centers.rows()), inner.row(r), inner.stride());
  akin::Matrix result = akin::multiply_rows(inner, directions, {.threads = 1});
  akin::normalize_rows(result);
  return result;
}

/// Of the processor: on a busy machine the clock says more of the others.
double thread_ms() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

template <typename Ask>
double median_ms(std::size_t questions, const Ask& ask) {
  std::vector<double> times;
  for (std::size_t q = 0; q < questions; ++q) {
    const double start = thread_ms();
    ask(q);
    times.push_back(thread_ms() - start);
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print("usage: lsh_bench VECTORS|ROWS [DIM]\n");
    return 1;
  }
  try {
    const std::size_t number = std::strtoul(argv[1], nullptr, 10);
    akin::Matrix rows = number > 0 ? drawn(number, argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 64)
                                   : akin::read_embeddings(argv[1]).vectors;
    constexpr std::size_t kQuestions = 300, kNearest = 10;
    akin::Rng rng(9);
    std::vector<std::size_t> asked;
    while (asked.size() < kQuestions) {
      const std::size_t row = rng.below(rows.rows());
      if (!akin::is_zero(rows[row])) asked.push_back(row);
    }
    fmt::print("{} vectors of length {}, {} questions, one thread\n", rows.rows(), rows.cols(), kQuestions);
    for (const akin::Distance distance : {akin::Distance::kCosine, akin::Distance::kEuclidean}) {
      const akin::NearRows exact(rows, distance);
      std::vector<std::vector<akin::Scored>> truth(kQuestions);
      const double exact_ms = median_ms(
          kQuestions, [&](std::size_t q) { truth[q] = exact.nearest(rows.row(asked[q]), kNearest + 1); });
      fmt::print("{}\nexact: {:.3f} ms, vectors {:.1f} MB\n",
                 distance == akin::Distance::kCosine ? "cosine, random hyperplanes" : "euclidean, p-stable",
                 exact_ms, static_cast<double>(rows.rows() * rows.stride() * sizeof(float)) / 1e6);
      for (const int tables : {4, 16}) {
        for (const int probes : {1, 4, 16, 64}) {
          const double start = thread_ms();
          const akin::LshIndex index(rows, distance, {.tables = tables, .probes = probes}, {.threads = 1});
          const double built = (thread_ms() - start) / 1e3;
          std::size_t found = 0, wanted = 0, scored = 0;
          std::vector<std::vector<akin::Scored>> lists(kQuestions);
          std::vector<std::size_t> counts(kQuestions);
          const double ms = median_ms(kQuestions, [&](std::size_t q) {
            lists[q] = index.nearest(rows.row(asked[q]), kNearest + 1, {}, &counts[q]);
          });
          for (std::size_t q = 0; q < kQuestions; ++q) {
            scored += counts[q];
            for (const akin::Scored& entry : truth[q]) {
              if (entry.idx == asked[q]) continue;
              ++wanted;
              found += std::ranges::find(lists[q], entry.idx, &akin::Scored::idx) != lists[q].end() ? 1 : 0;
            }
          }
          fmt::print(
              "tables {:2} hashes {} probes {:2}: recall {:.3f}, {:.3f} ms, {:.2f} % scored, tables {:.1f} "
              "MB, built in {:.2f} s\n",
              tables, index.config().hashes, probes, static_cast<double>(found) / static_cast<double>(wanted),
              ms, 100.0 * static_cast<double>(scored) / static_cast<double>(kQuestions * rows.rows()),
              static_cast<double>(index.memory()) / 1e6, built);
        }
      }
    }
  } catch (const akin::Error& error) {
    fmt::print("{}\n", error.what());
    return 1;
  }
}
