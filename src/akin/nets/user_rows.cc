#include "akin/nets/user_rows.h"

#include <algorithm>

#include "akin/base/error.h"

namespace akin::nets {

std::optional<nn::WeightRef> table_of(const nn::NetSpec& spec, std::size_t layer) {
  const nn::LayerSpec& it = spec.layers()[layer];
  const bool reads_rows = it.kind == nn::LayerKind::kEmbedding || it.kind == nn::LayerKind::kEmbeddingBag;
  if (!reads_rows || it.vectors == nn::VectorSource::kOneHot) return std::nullopt;
  return spec.weights(layer).at(0);
}

UserTables user_tables(const nn::NetSpec& spec, const std::vector<std::size_t>& inputs) {
  UserTables tables;
  std::vector<std::size_t> owners;
  const auto reads_users = [&](std::size_t layer) {
    return std::ranges::any_of(spec.sources(layer),
                               [&](std::size_t s) { return std::ranges::find(inputs, s) != inputs.end(); });
  };
  for (std::size_t l = 0; l < spec.layers().size(); ++l) {
    if (!reads_users(l)) continue;
    const auto table = table_of(spec, l);
    if (!table || spec.layers()[table->layer].vectors == nn::VectorSource::kPretrained) {
      tables.entangled = spec.layers()[l].name;
      return tables;
    }
    tables.readers.push_back(spec.layers()[l].name);
    if (std::ranges::find(owners, table->layer) == owners.end()) owners.push_back(table->layer);
  }
  for (std::size_t l = 0; l < spec.layers().size(); ++l) {
    const bool shares = std::ranges::any_of(spec.weights(l), [&](const nn::WeightRef& ref) {
      return std::ranges::find(owners, ref.layer) != owners.end();
    });
    if (shares && !reads_users(l)) tables.entangled = spec.layers()[l].name;
  }
  for (const std::size_t owner : owners) tables.owners.push_back(spec.layers()[owner].name);
  return tables;
}

UserTables separable_user_tables(const nn::NetSpec& spec, const std::vector<std::size_t>& inputs,
                                 const std::string& where) {
  UserTables tables = user_tables(spec, inputs);
  if (!tables.entangled.empty()) {
    fail(ErrorCode::kBadData,
         "{}: layer {} reads the users without a learned table of rows, or shares their table without "
         "reading them, so "
         "the weights of one user cannot be separated from the others; delete the file, and train the net "
         "again on "
         "data without the users",
         where, tables.entangled);
  }
  return tables;
}

std::vector<std::size_t> kept_rows(const std::vector<idx_t>& kept, std::size_t n_ids, std::size_t n_rows) {
  std::vector<std::size_t> rows = {0};
  for (const idx_t id : kept) rows.push_back(id + std::size_t{1});
  for (std::size_t row = n_ids + 1; row < n_rows; ++row) rows.push_back(row);
  return rows;
}

void select_rows(nn::NamedArray& array, const std::vector<std::size_t>& rows) {
  const std::size_t width = array.size() / static_cast<std::size_t>(array.shape[0]);
  std::visit(
      [&](auto& values) {
        std::decay_t<decltype(values)> kept;
        for (const std::size_t row : rows) {
          const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row * width);
          kept.insert(kept.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
        }
        values = std::move(kept);
      },
      array.values);
  array.shape[0] = static_cast<std::int64_t>(rows.size());
}

}  // namespace akin::nets
