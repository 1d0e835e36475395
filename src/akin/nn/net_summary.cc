// The table of a net's layers.
#include <algorithm>

#include "akin/base/error.h"
#include "akin/nn/net_spec.h"

namespace akin::nn {
namespace {

constexpr std::size_t kGap = 2;

/// 1,033,980.
std::string grouped(std::int64_t number) {
  std::string text = fmt::format("{}", number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

/// Whether some layer gets more than the one before it.
bool branches(const NetSpec& spec) {
  for (std::size_t i = 0; i < spec.layers().size(); ++i) {
    const auto& sources = spec.sources(i);
    if (i == 0 ? !sources.empty() : sources.size() != 1 || sources[0] != i - 1) return true;
  }
  return false;
}

struct Row {
  std::vector<std::string> first_cells;
  std::vector<std::string> connected;  // one a line
};

Row row_of(const NetSpec& spec, std::size_t i) {
  const LayerSpec& layer = spec.layers()[i];
  const LayerShape& shape = spec.shape(i);
  std::int64_t parameters = 0;
  for (const WeightSpec& weight : shape.weights) parameters += count_of(weight.shape);
  Row row{{fmt::format("{} ({})", layer.name, kind_info(layer.kind).type), shape_text(shape.output),
           fmt::format("{}", parameters)},
          {}};
  for (const std::size_t source : spec.sources(i))
    row.connected.push_back(spec.layers()[source].name + "[0][0]");
  return row;
}

/// The cells of one line, padded to the columns' widths.
std::string line_of(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    if (c > 0) line += std::string(kGap, ' ');
    line += fmt::format("{:<{}}", cells[c], c + 1 < widths.size() ? widths[c] : 0);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::string NetSpec::summary() const {
  std::vector<std::string> titles = {"Layer (type)", "Output Shape", "Param #"};
  const bool graph = branches(*this);
  if (graph) titles.emplace_back("Connected to");
  std::vector<std::size_t> widths = {31, 20, 10, 20};  // at least
  widths.resize(titles.size());
  std::vector<Row> rows;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    rows.push_back(row_of(*this, i));
    for (std::size_t c = 0; c < 3; ++c) widths[c] = std::max(widths[c], rows.back().first_cells[c].size());
    if (!graph) continue;
    for (const std::string& name : rows.back().connected) widths[3] = std::max(widths[3], name.size());
  }
  std::size_t width = kGap * (widths.size() - 1);
  for (const std::size_t column : widths) width += column;
  const std::string thin = std::string(width, '_') + "\n";
  const std::string thick = std::string(width, '=') + "\n";

  std::string text = thin + line_of(titles, widths) + thick;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<std::string> cells = rows[i].first_cells;
    if (graph) cells.push_back(rows[i].connected.empty() ? "" : rows[i].connected[0]);
    text += line_of(cells, widths);
    for (std::size_t extra = 1; graph && extra < rows[i].connected.size(); ++extra)
      text += line_of({"", "", "", rows[i].connected[extra]}, widths);
    text += i + 1 < rows.size() ? thin : thick;
  }
  const std::int64_t all = parameters();
  const std::int64_t trained = trainable_parameters();
  return text +
         fmt::format("Total params: {}\nTrainable params: {}\nNon-trainable params: {}\n", grouped(all),
                     grouped(trained), grouped(all - trained)) +
         thin;
}

}  // namespace akin::nn
