#include "akin/nets/user_rows.h"

#include <algorithm>

#include "akin/base/error.h"

namespace akin::nets {

std::vector<std::string> user_tables(const nn::NetSpec& spec, const std::string& input,
                                     const std::string& where) {
  const std::size_t source = spec.index(input);
  std::vector<std::string> tables;
  for (std::size_t l = 0; l < spec.layers().size(); ++l) {
    const std::vector<std::size_t>& sources = spec.sources(l);
    if (std::ranges::find(sources, source) == sources.end()) continue;
    const nn::LayerSpec& layer = spec.layers()[l];
    if (layer.kind != nn::LayerKind::kEmbedding || layer.vectors != nn::VectorSource::kLearned) {
      fail(ErrorCode::kBadData,
           "{}: layer {} reads the users without a learned table of rows, so the weights of one user cannot "
           "be separated from the others; delete the file, and train the net again on data without the users",
           where, layer.name);
    }
    tables.push_back(layer.name);
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
