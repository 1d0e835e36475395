#include "akin/report/net_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/report/text_table.h"

namespace akin {
namespace {

using nlohmann::json;

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

json history_json(const nn::History& history) {
  json epochs = json::array();
  for (const nn::EpochResult& epoch : history.epochs) {
    json entry = {{"epoch", epoch.epoch}, {"seconds", epoch.seconds}};
    for (const auto& [name, score] : epoch.scores) entry[name] = score;
    epochs.push_back(std::move(entry));
  }
  return epochs;
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

}  // namespace akin
