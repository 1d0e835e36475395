// Full-ranking evaluation against the bare matrix product behind it, one thread, processor time:
//   cmake --preset bench && cmake --build build/bench --target eval_bench && build/bench/bench/eval_bench
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "akin/base/rng.h"
#include "akin/eval/evaluate.h"
#include "akin/linalg/kernels.h"

namespace {

using namespace akin;

/// Random vectors for users and items.
class RandomFactors : public Model {
 public:
  RandomFactors(std::size_t users, std::size_t items, std::size_t dim)
      : users_(Matrix::normal(users, dim, 1, 1)), items_(Matrix::normal(items, dim, 1, 2)) {}
  const Matrix& item_vectors() const override { return items_; }
  bool user_vector(const Query& query, std::span<float> out) const override {
    if (!query.user) return false;
    std::ranges::copy(users_[*query.user], out.begin());
    return true;
  }
  void save(TensorWriter&) const override {}
  const Matrix& users() const { return users_; }

 private:
  Matrix users_, items_;
};

double best_seconds(const std::function<void()>& work) {
  double best = std::numeric_limits<double>::infinity();
  for (int run = 0; run < 5; ++run) {
    const std::clock_t start = std::clock();  // processor time: the same on a busy machine
    work();
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return best;
}

/// The product alone: all scores of 48 users at a time, tile by tile, thrown away.
double product_seconds(const RandomFactors& model) {
  const Matrix& items = model.item_vectors();
  constexpr std::size_t kUsers = 48, kTile = 256;
  std::vector<float> scores(kUsers * kTile);
  return best_seconds([&] {
    Matrix queries(kUsers, items.cols());
    for (std::size_t u = 0; u + kUsers <= model.users().rows(); u += kUsers) {
      for (std::size_t q = 0; q < kUsers; ++q) std::ranges::copy(model.users()[u + q], queries[q].begin());
      for (std::size_t begin = 0; begin < items.rows(); begin += kTile) {
        multiply(items, begin, std::min(begin + kTile, items.rows()), queries, scores.data(), kTile);
      }
    }
  });
}

void compare(std::size_t users, std::size_t items, std::size_t dim, std::size_t events_per_user) {
  const RandomFactors model(users, items, dim);
  Dataset data;
  for (std::size_t u = 0; u < users; ++u) data.users.add(std::to_string(u));
  for (std::size_t i = 0; i < items; ++i) data.items.add(std::to_string(i));
  std::vector<Event> train, test;
  Rng rng(3);
  for (idx_t u = 0; u < users; ++u) {
    for (std::size_t e = 0; e < events_per_user; ++e) {
      (e % 10 == 9 ? test : train).push_back({.user = u, .item = static_cast<idx_t>(rng.below(items))});
    }
  }
  const double product = product_seconds(model);
  const auto seconds = [&](const EvaluateOptions& options) {
    return best_seconds([&] { evaluate(model, {}, {data, train}, test, options, {.threads = 1}); });
  };
  const double ranking = seconds({.beyond = false, .resamples = 0});
  const double intervals = seconds({.beyond = false});
  const double whole = seconds({});
  const double flops =
      2.0 * static_cast<double>(users) * static_cast<double>(items) * static_cast<double>(dim);
  fmt::print(
      "{:>7} x {:>6} x {:>3}  product {:.3f} s ({:.1f} GFLOP/s)  ranking metrics {:.3f} s, ratio {:.2f}  "
      "with intervals {:.3f} s, ratio {:.2f}  and beyond accuracy {:.3f} s, ratio {:.2f}\n",
      users, items, dim, product, flops / product * 1e-9, ranking, ranking / product, intervals,
      intervals / product, whole, whole / product);
}

}  // namespace

int main(int argc, char**) {
  fmt::print("instruction set {}, one thread, best of 5, metrics at 5, 10, 20\n", instruction_set());
  compare(6040, 3706, 64, 160);
  if (argc > 1) compare(29858, 40981, 64, 30);
  compare(6040, 3706, 16, 160);
  compare(6040, 3706, 256, 160);
}
