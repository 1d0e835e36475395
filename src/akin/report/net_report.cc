#include "akin/report/net_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/report/text_table.h"

namespace akin {
namespace {

constexpr double kVanished = 1e-3;  // of the greatest norm

}  // namespace

std::string scores_text(const nn::Scores& scores) {
  std::string text;
  const auto append = [&](const std::string& name, double score) {
    text += fmt::format("{}{} {:.4f}", text.empty() ? "" : "  ", name, score);
  };
  for (const char* prefix : {"", "val_"}) {  // the loss first, validation last
    const std::string loss = std::string(prefix) + "loss";
    if (scores.contains(loss)) append(loss, scores.at(loss));
    for (const auto& [name, score] : scores) {
      if (name != loss && name.starts_with("val_") == (*prefix != '\0')) append(name, score);
    }
  }
  return text;
}

std::string epoch_line(const nn::EpochResult& epoch, std::uint64_t last) {
  return fmt::format("epoch {}/{}  {}  {}\n", epoch.epoch, last, format_seconds(epoch.seconds),
                     scores_text(epoch.scores));
}

std::string norms_text(const std::vector<nn::GradientNorm>& norms) {
  std::vector<TableRow> rows;
  double greatest = 0;
  for (const nn::GradientNorm& norm : norms) {
    rows.push_back({norm.layer, fmt::format("{:.3e}", norm.norm)});
    greatest = std::max(greatest, norm.norm);
  }
  std::string text = text_table({"layer", "gradient norm"}, rows);
  if (!norms.empty() && norms.front().norm < kVanished * greatest) {
    text += fmt::format(
        "the gradient of {} is {:.0e} of the greatest: it vanishes on its way; take relu, batch_norm, lstm "
        "in place of rnn, or fewer layers\n",
        norms.front().layer, norms.front().norm / greatest);
  }
  return text;
}

std::string predictions_csv(const nets::NetPredictions& predictions) {
  const nn::Array &values = predictions.values, &targets = predictions.targets;
  const std::int64_t width = nn::count_of(values.sample_shape());
  std::string text;
  for (std::int64_t c = 0; c < width; ++c)
    text += width == 1 ? "prediction" : fmt::format("{}prediction{}", c == 0 ? "" : ",", c);
  const std::int64_t known = targets.samples() == values.samples() ? nn::count_of(targets.sample_shape()) : 0;
  for (std::int64_t c = 0; c < known; ++c) text += known == 1 ? ",target" : fmt::format(",target{}", c);
  text += "\n";
  for (std::int64_t row = 0; row < values.samples(); ++row) {
    for (std::int64_t c = 0; c < width; ++c)
      text +=
          fmt::format("{}{}", c == 0 ? "" : ",", values.floats()[static_cast<std::size_t>(row * width + c)]);
    for (std::int64_t c = 0; c < known; ++c)
      text += fmt::format(",{}", targets.floats()[static_cast<std::size_t>(row * known + c)]);
    text += "\n";
  }
  return text;
}

}  // namespace akin
