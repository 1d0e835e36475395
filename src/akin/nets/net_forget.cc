#include "akin/nets/net_forget.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/json_text.h"
#include "akin/base/safetensors.h"
#include "akin/nets/net_data.h"
#include "akin/nets/user_rows.h"

namespace akin::nets {

using nlohmann::json;

NetWithoutUsers::NetWithoutUsers(const std::string& path, UserIds& ids) : reader_(path) {
  reader_.expect_kind("net");
  if (!reader_.has_meta("data.settings")) return;
  data_ = read_net_data(reader_);
  auto& [settings, net_ids] = *data_;
  const nn::NetSpec spec = nn::parse_spec(reader_.meta("net.layers"), path);
  for (auto& [input, known] : net_ids) {
    const auto source = settings.inputs.find(input);
    if (source == settings.inputs.end() || source->second != std::vector<std::string>{"users"}) continue;
    std::vector<idx_t> kept;
    for (idx_t id = 0; id < known.size(); ++id) {
      if (!ids.meet(known.id(id))) kept.push_back(id);
    }
    if (kept.size() == known.size()) continue;
    if (kept.empty()) fail(ErrorCode::kBadData, "{}: holds no other users; delete the file", path);
    const UserTables tables = separable_user_tables(spec, {spec.index(input)}, path);
    for (const std::string& layer : tables.owners) {
      const std::size_t rows = stored_rows(layer);
      if (rows <= known.size())
        fail(ErrorCode::kBadData, "{}: layer {} has fewer rows than the net has users", path, layer);
      tables_.push_back({layer, rows, kept_rows(kept, known.size(), rows)});
      for (const std::string& reader : tables.readers) {
        const auto table = table_of(spec, spec.index(reader));
        if (spec.layers()[table->layer].name == layer) rows_[reader] = tables_.back().rows.size();
      }
    }
    removed_ = std::max<std::uint64_t>(removed_, known.size() - kept.size());
    known = known.select(kept);
  }
}

/// As many as are in the file, whatever the description of the layer says.
std::size_t NetWithoutUsers::stored_rows(const std::string& layer) const {
  const std::vector<std::size_t>& shape = reader_.shape(fmt::format("weights/{}/embeddings", layer));
  if (shape.size() != 2 || shape[1] == 0)
    fail(ErrorCode::kBadData, "{}: the weights of layer {} are not a table", reader_.path(), layer);
  return shape[0];
}

/// Weights or slots, with the rows that stay.
std::vector<nn::NamedArray> NetWithoutUsers::arrays(const std::string& prefix) const {
  std::vector<nn::NamedArray> arrays = nn::read_arrays(reader_, prefix, reader_.meta("net.dtype"));
  for (nn::NamedArray& array : arrays) {
    for (const Table& table : tables_) {
      if (array.name != table.layer + "/embeddings" && !array.name.starts_with(table.layer + "/embeddings/"))
        continue;
      if (array.shape.empty() || array.shape[0] != static_cast<std::int64_t>(table.n_rows))
        fail(ErrorCode::kBadData, "{}: {} has not a row for each row of its layer", reader_.path(),
             array.name);
      select_rows(array, table.rows);
    }
  }
  return arrays;
}

/// The description of the layers with as many rows as the tables have now.
std::string NetWithoutUsers::layers() const {
  json root = parse_json(reader_.meta("net.layers"), reader_.path() + ": its layers");
  for (json& layer : root.at("layers")) {
    const auto rows = rows_.find(layer.at("name").get<std::string>());
    if (rows != rows_.end()) layer["rows"] = rows->second;
  }
  return root.dump();
}

void NetWithoutUsers::save(const std::string& path) const {
  TensorWriter writer("net");
  for (const auto& [key, value] : reader_.metadata()) {
    if (!key.starts_with("akin.")) writer.meta(key, value);
  }
  writer.meta("net.layers", layers());
  if (data_) write_net_data(writer, data_->first, data_->second);
  std::vector<std::pair<std::string, std::vector<nn::NamedArray>>> groups;
  for (const char* const prefix : {"weights/", "optimizer/"}) groups.emplace_back(prefix, arrays(prefix));
  for (const auto& [prefix, all] : groups) {
    for (const nn::NamedArray& array : all) {
      const std::vector<std::size_t> shape(array.shape.begin(), array.shape.end());
      std::visit(
          [&, &name = prefix]<typename T>(const std::vector<T>& values) {
            writer.tensor(name + array.name, std::span<const T>(values), shape);
          },
          array.values);
    }
  }
  writer.write(path);
}

}  // namespace akin::nets
