#include "akin/report/net_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/report/html.h"
#include "akin/report/text_table.h"

namespace akin {
namespace {

constexpr double kVanished = 1e-3;     // of the greatest norm
constexpr std::size_t kMostRows = 12;  // of a table of steps

LineChart loss_chart(const nets::History& history) {
  LineChart chart{.title = "Loss",
                  .note = "The training loss of an epoch is the mean over its batches, each before its step.",
                  .x = {.name = "epoch"},
                  .y = {.name = "loss"},
                  .series = {}};
  for (const auto& [score, name] : {std::pair("loss", "training"), std::pair("val_loss", "validation")}) {
    LineChart::Series series{.name = name, .y = {}};
    for (const nets::EpochResult& epoch : history.epochs) {
      if (!epoch.scores.contains(score)) continue;
      series.x.push_back(static_cast<double>(epoch.epoch));
      series.y.push_back(epoch.scores.at(score));
    }
    if (!series.x.empty()) chart.series.push_back(std::move(series));
  }
  return chart;
}

BarChart norms_chart(const std::vector<nn::GradientNorm>& norms) {
  BarChart chart{.title = "Gradient norm by layer",
                 .note = "Length of the gradient of the loss by the layer's weights, after the training.",
                 .categories = {},
                 .series = {{.name = "gradient norm", .values = {}}}};
  for (const nn::GradientNorm& norm : norms) {
    chart.categories.push_back(norm.layer);
    chart.series[0].values.push_back(norm.norm);
  }
  return chart;
}

LineChart step_norms_chart(const std::vector<nn::StepGradientNorms>& layers) {
  LineChart chart{
      .title = "Gradient norm by time step",
      .note =
          "Length of the gradient of the loss by the layer's output at each step, mean over samples. "
          "Zeros are left out.",
      .x = {.name = "step"},
      .y = {.name = "gradient norm", .log = true},
      .series = {}};
  for (const nn::StepGradientNorms& layer : layers) {
    LineChart::Series series{.name = layer.layer, .y = {}};
    for (std::size_t step = 0; step < layer.norms.size(); ++step) {
      if (!(layer.norms[step] > 0)) continue;  // has no logarithm
      series.x.push_back(static_cast<double>(step));
      series.y.push_back(layer.norms[step]);
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

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

std::string epoch_line(const nets::EpochResult& epoch, std::uint64_t last) {
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

std::string step_norms_text(const std::vector<nn::StepGradientNorms>& layers) {
  if (layers.empty()) return "";
  TableRow headers = {"gradient norm at step"};
  std::size_t steps = 1;
  for (const nn::StepGradientNorms& layer : layers) {
    headers.push_back(layer.layer);
    steps = std::max(steps, layer.norms.size());
  }
  std::vector<TableRow> rows;
  const std::size_t count = std::min(steps, kMostRows);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t step = count == 1 ? 0 : i * (steps - 1) / (count - 1);
    rows.push_back({std::to_string(step)});
    for (const nn::StepGradientNorms& layer : layers)
      rows.back().push_back(step < layer.norms.size() ? fmt::format("{:.3e}", layer.norms[step]) : "-");
  }
  std::string text = text_table(headers, rows);
  for (const nn::StepGradientNorms& layer : layers) {
    const double greatest = layer.norms.empty() ? 0 : std::ranges::max(layer.norms);
    if (layer.norms.empty() || !(layer.norms[0] < kVanished * greatest)) continue;
    text += fmt::format(
        "the gradient of {} at step 0 is {:.0e} of the greatest: it vanishes on its way back in time; take "
        "shorter sequences, or an lstm with a large bias of its forget gate\n",
        layer.layer, layer.norms[0] / greatest);
  }
  return text;
}

std::string trained_net_html(const nets::TrainedNet& trained) {
  HtmlReport page(fmt::format("Training of {}", trained.net.spec().name()));
  page.paragraph(fmt::format("{} parameters, {} epochs",
                             format_count(static_cast<std::uint64_t>(trained.net.spec().parameters())),
                             trained.net.epochs()));
  if (!trained.test.empty())
    page.paragraph(fmt::format("held out ({} samples): {}", format_count(trained.test_samples),
                               scores_text(trained.test)));
  if (!trained.constant.empty())
    page.paragraph(fmt::format("a constant, on the {} samples: {}", trained.constant_part,
                               scores_text(trained.constant)));
  if (!trained.history.epochs.empty()) page.chart(loss_chart(trained.history));
  if (!trained.norms.empty()) page.chart(norms_chart(trained.norms));
  if (!trained.step_norms.empty()) page.chart(step_norms_chart(trained.step_norms));
  return page.html();
}

std::string predictions_csv(const nets::NetPredictions& predictions) {
  const nn::Array &values = predictions.values, &targets = predictions.targets;
  const std::int64_t width = nn::count_of(values.sample_shape());
  const auto target_at = [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    return targets.is_ids() ? fmt::format("{}", targets.ids()[at]) : fmt::format("{}", targets.floats()[at]);
  };
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
    for (std::int64_t c = 0; c < known; ++c) text += "," + target_at(row * known + c);
    text += "\n";
  }
  return text;
}

}  // namespace akin
