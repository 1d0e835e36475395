#include "akin/nets/net_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/json_text.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"
#include "akin/data/dataset.h"
#include "akin/data/readers/number_parse.h"
#include "akin/nets/net_samples.h"

namespace akin::nets {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kKinds = {"csv", "ratings", "text", "npy"};

/// The cells of a line, without quotes around them; empty ones stay.
std::vector<std::string> cells_of(std::string_view line, char separator) {
  std::vector<std::string> cells;
  while (true) {
    const std::size_t end = std::min(line.find(separator), line.size());
    std::string_view cell = trimmed(line.substr(0, end));
    if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') cell = cell.substr(1, cell.size() - 2);
    cells.emplace_back(cell);
    if (end == line.size()) return cells;
    line.remove_prefix(end + 1);
  }
}

char separator_of(std::string_view header) {
  for (const char separator : {'\t', ';'}) {
    if (header.find(separator) != std::string_view::npos) return separator;
  }
  return ',';
}

NumberTable read_table(const std::string& path) {
  NumberTable table;
  table.path = path;
  LineReader lines(path, LineReader::kLongestRecord);
  const auto header = lines.next();
  if (!header) fail(ErrorCode::kBadData, "{}: is empty; its first line names the columns", path);
  const char separator = separator_of(*header);
  table.columns = cells_of(*header, separator);
  table.values.resize(table.columns.size());
  while (const auto line = lines.next()) {
    if (trimmed(*line).empty()) continue;
    const std::vector<std::string> cells = cells_of(*line, separator);
    if (cells.size() != table.columns.size())
      fail(ErrorCode::kBadData, "{}: {} cells, but the header names {} columns", lines.position(),
           cells.size(), table.columns.size());
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const ParsedValue parsed = parse_value(cells[c]);
      if (parsed.problem != nullptr)
        fail(ErrorCode::kBadData, "{}: column {}: {} ('{}')", lines.position(), table.columns[c],
             parsed.problem, cells[c]);
      table.values[c].push_back(parsed.value);
    }
  }
  if (table.rows() == 0) fail(ErrorCode::kBadData, "{}: has no rows below its header", path);
  return table;
}

}  // namespace

DataKind parse_data_kind(const std::string& name) {
  const auto found = std::ranges::find(kKinds, name);
  if (found != kKinds.end()) return static_cast<DataKind>(found - kKinds.begin());
  const std::vector<std::string> all(kKinds.begin(), kKinds.end());
  fail(ErrorCode::kUsage, "unknown kind of data '{}'{}; there are {}", name, did_you_mean(name, all),
       fmt::join(kKinds, ", "));
}

std::map<std::string, std::int64_t> NetSource::sizes() const {
  if (!dataset) return {};
  const auto items = static_cast<std::int64_t>(dataset->n_event_items());
  return {{"users", static_cast<std::int64_t>(dataset->n_users())}, {"items", items}, {"words", items}};
}

NetSource read_source(DataKind kind, const std::string& path) {
  NetSource source;
  if (kind == DataKind::kCsv)
    source.table = read_table(path);
  else if (kind == DataKind::kNpy)
    source.folder = path;
  else
    source.dataset = load_dataset(path);
  return source;
}

NetSamples make_samples(const nn::NetSpec& spec, const NetDataSettings& settings, const NetSource& source,
                        NetIds& ids, Targets targets) {
  if (settings.kind != DataKind::kRatings && settings.target.empty())
    fail(ErrorCode::kUsage, "[data] names no target");
  if (settings.lists && settings.kind == DataKind::kRatings) {
    fail(ErrorCode::kUsage,
         "[data] of kind ratings has a value for each event, but loss multinomial learns lists of indices: "
         "take "
         "kind csv or text, or the model mult-dae");
  }
  SampleRequest request{spec, settings, source, ids, targets};
  NetSamples samples;
  std::vector<bool> held;  // by the data set's own split
  switch (settings.kind) {
    case DataKind::kCsv:
      samples = table_samples(request);
      break;
    case DataKind::kRatings:
      samples = rating_samples(request, held);
      break;
    case DataKind::kText:
      samples = text_samples(request);
      break;
    case DataKind::kNpy:
      samples = npy_samples(request);
      break;
  }
  const std::int64_t total = samples.all.inputs.at(0).samples();
  std::vector<std::int64_t> order(static_cast<std::size_t>(total));
  std::iota(order.begin(), order.end(), 0);
  if (std::ranges::find(held, true) != held.end()) {
    for (const std::int64_t row : order)
      (held[static_cast<std::size_t>(row)] ? samples.test : samples.train).push_back(row);
    return samples;
  }
  const auto kept = total - static_cast<std::int64_t>(static_cast<double>(total) * settings.test);
  if (kept < total) Rng(settings.seed).shuffle(std::span(order));
  samples.train.assign(order.begin(), order.begin() + kept);
  samples.test.assign(order.begin() + kept, order.end());
  return samples;
}

void write_net_data(TensorWriter& writer, const NetDataSettings& settings, const NetIds& ids) {
  std::vector<std::string> with_ids;
  for (const auto& [input, map] : ids) {
    with_ids.push_back(input);
    write_ids(writer, "ids/" + input, map);
  }
  const json root = {{"kind", kKinds[static_cast<std::size_t>(settings.kind)]},
                     {"inputs", settings.inputs},
                     {"target", settings.target},
                     {"lists", settings.lists},
                     {"test", settings.test},
                     {"seed", settings.seed},
                     {"batch", settings.batch_size},
                     {"validation_split", settings.validation_split},
                     {"shuffle", settings.shuffle},
                     {"ids", with_ids}};
  writer.meta("data.settings", root.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::pair<NetDataSettings, NetIds> read_net_data(const TensorReader& reader) {
  if (!reader.has_meta("data.settings"))
    fail(ErrorCode::kBadData, "{}: does not describe its data; it was not written by `akin net train`",
         reader.path());
  const std::string where = reader.path() + ": its description of the data";
  const json root = parse_json(reader.meta("data.settings"), where);
  const JsonFields fields(root, where);
  NetDataSettings settings;
  settings.kind = parse_data_kind(fields.text("kind"));
  const JsonFields inputs(fields.field("inputs"), where + ": inputs");
  for (const auto& [name, columns] : root["inputs"].items()) settings.inputs[name] = inputs.texts(name);
  settings.target = fields.texts("target");
  settings.lists = fields.has("lists") && fields.flag("lists");  // not in files of the first versions
  settings.test = fields.number("test");
  settings.seed = fields.seed("seed");
  settings.batch_size = fields.whole("batch", 1, std::numeric_limits<std::int32_t>::max());
  settings.validation_split = fields.number("validation_split");
  settings.shuffle = fields.flag("shuffle");
  for (const auto& [name, share] :
       {std::pair("test", settings.test), std::pair("validation_split", settings.validation_split)}) {
    if (!(share >= 0 && share < 1))
      fail(ErrorCode::kBadData, "{}: {} is {}; it is a share of at least 0 and below 1", where, name, share);
  }
  NetIds ids;
  for (const std::string& name : fields.texts("ids")) ids[name] = read_ids(reader, "ids/" + name);
  return {settings, std::move(ids)};
}

}  // namespace akin::nets
