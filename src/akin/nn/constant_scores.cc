#include "akin/nn/constant_scores.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <unordered_map>

#include "akin/base/error.h"

namespace akin::nn {
namespace {

constexpr double kLeast = 1e-7;  // of probabilities, as in the losses of nets

/// Targets as rows of numbers.
struct Table {
  const std::vector<float>& values;
  std::size_t width;

  std::size_t rows() const { return values.size() / width; }
  double at(std::size_t row, std::size_t column) const { return values[row * width + column]; }
  std::vector<double> column(std::size_t c) const {
    std::vector<double> result(rows());
    for (std::size_t r = 0; r < result.size(); ++r) result[r] = at(r, c);
    return result;
  }
};

std::size_t place_of_largest(std::span<const float> values) {
  return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The mean over all numbers of `error(target, constant)`, with a constant for each column.
template <typename Choose, typename ErrorOf>
double mean_error(const Table& train, const Table& test, const Choose& choose, const ErrorOf& error) {
  double sum = 0;
  for (std::size_t c = 0; c < test.width; ++c) {
    const double constant = choose(train.column(c));
    for (std::size_t r = 0; r < test.rows(); ++r) sum += error(test.at(r, c), constant);
  }
  return sum / static_cast<double>(test.values.size());
}

double mean_square(const Table& train, const Table& test) {
  return mean_error(train, test, mean_of, [](double y, double c) { return (y - c) * (y - c); });
}

double mean_absolute(const Table& train, const Table& test) {
  return mean_error(train, test, median_of, [](double y, double c) { return std::abs(y - c); });
}

double side_accuracy(const Table& train, const Table& test) {
  const auto side = [](const std::vector<double>& values) {
    const auto above = std::ranges::count_if(values, [](double y) { return y > 0.5; });
    return 2 * above > static_cast<std::ptrdiff_t>(values.size()) ? 1.0 : 0.0;
  };
  return mean_error(train, test, side, [](double y, double c) { return (y > 0.5) == (c > 0.5) ? 1.0 : 0.0; });
}

double binary_loss(const Table& train, const Table& test) {
  return mean_error(train, test, mean_of, [](double y, double p) {
    const double q = std::clamp(p, kLeast, 1 - kLeast);
    return -(y * std::log(q) + (1 - y) * std::log(1 - q));
  });
}

struct ClassScores {
  double loss = 0, accuracy = 0;
};

double log_of(double frequency) { return std::log(std::clamp(frequency, kLeast, 1 - kLeast)); }

/// Of rows of probabilities.
ClassScores of_classes(const Table& train, const Table& test) {
  std::vector<float> frequencies;
  for (std::size_t c = 0; c < train.width; ++c)
    frequencies.push_back(static_cast<float>(mean_of(train.column(c))));
  const std::size_t usual = place_of_largest(frequencies);
  ClassScores sums;
  for (std::size_t r = 0; r < test.rows(); ++r) {
    const std::span row = std::span(test.values).subspan(r * test.width, test.width);
    sums.accuracy += place_of_largest(row) == usual ? 1 : 0;
    for (std::size_t c = 0; c < test.width; ++c)
      sums.loss -= static_cast<double>(row[c]) * log_of(static_cast<double>(frequencies[c]));
  }
  const auto rows = static_cast<double>(test.rows());
  return {sums.loss / rows, sums.accuracy / rows};
}

/// Of the numbers of classes.
ClassScores of_labels(const std::vector<float>& train, const std::vector<float>& test) {
  std::unordered_map<float, double> frequencies;
  for (const float label : train) frequencies[label] += 1.0 / static_cast<double>(train.size());
  const float usual =
      std::ranges::max_element(frequencies, {}, [](const auto& entry) { return entry.second; })->first;
  ClassScores sums;
  for (const float label : test) {
    const auto found = frequencies.find(label);
    sums.loss -= log_of(found == frequencies.end() ? 0 : found->second);
    sums.accuracy += label == usual ? 1 : 0;
  }
  const auto count = static_cast<double>(test.size());
  return {sums.loss / count, sums.accuracy / count};
}

double loss_of(Loss loss, const Table& train, const Table& test) {
  if (loss == Loss::kMae) return mean_absolute(train, test);
  return loss == Loss::kBinaryCrossentropy ? binary_loss(train, test) : mean_square(train, test);
}

}  // namespace

Scores constant_scores(const CompileOptions& options, const Array& train, const Array& targets) {
  if (takes_lists(options.loss) || compares_candidates(options.loss)) return {};
  AKIN_ASSERT(train.samples() > 0 && targets.samples() > 0);
  const Shape shape = targets.sample_shape();
  const auto width = static_cast<std::size_t>(count_of(shape));
  const Table known{train.floats(), width}, asked{targets.floats(), width};
  std::optional<ClassScores> classes;
  if (options.loss == Loss::kSparseCategoricalCrossentropy) classes = of_labels(known.values, asked.values);
  if (options.loss == Loss::kCategoricalCrossentropy) {
    const auto count = static_cast<std::size_t>(shape.back());
    classes = of_classes({known.values, count}, {asked.values, count});
  }
  Scores scores = {{"loss", classes ? classes->loss : loss_of(options.loss, known, asked)}};
  for (const Metric metric : options.metrics) {
    double& score = scores[std::string(to_string(metric))];
    if (metric == Metric::kAccuracy)
      score = classes ? classes->accuracy : side_accuracy(known, asked);
    else
      score = metric == Metric::kMse ? mean_square(known, asked) : mean_absolute(known, asked);
  }
  return scores;
}

}  // namespace akin::nn
