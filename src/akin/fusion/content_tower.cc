#include "akin/fusion/content_tower.h"

#include <algorithm>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/row_product.h"
#include "akin/models/fit/params.h"

namespace akin {
namespace {

constexpr std::int64_t kMostSources = 64, kMostLayers = 16;
constexpr std::size_t kItemsAtOnce = 4096;

std::vector<EncoderPart> tower_parts(std::string_view content, const std::string& fields) {
  std::vector<EncoderPart> parts = parse_encoder_parts(content);
  set_fields(parts, fields);
  for (EncoderPart& part : parts) {
    const EncoderEntry& entry = find_encoder(part.name);
    // Raw vectors of sentences and pictures crowd together; sparse ones are read as they are.
    if (entry.complete(part.params).contains("whiten") && (!entry.sparse || part.params.contains("svd")))
      part.params.try_emplace("whiten", "true");
  }
  return parts;
}

}  // namespace

void ContentTowerConfig::add_params(std::vector<Param>& params) {
  const std::vector<Param> own = {
      {"content", &content,
       "sources: encoders with parameters, such as \"tfidf fields=title; attributes fields=brand; pretrained "
       "file=minilm.enc\""},
      {"fields", &fields, "fields of the encoders that name none; empty = those of each by default"},
      factors_param(&factors, {32, 256}),
      {"layers", &layers, "layers behind the sum of the sources; 0 = none", 0, 16, {}, false, {0, 2}},
      {"dropout",
       &dropout,
       "fraction of an item's content dropped in training",
       0,
       0.95,
       {},
       false,
       {0, 0.9}},
      {"max_length", &max_length, "items of a history that count, the last ones", 1, 100'000},
      epochs_param(&epochs, "epochs over the training events"),
      {"batch_size", &batch_size, "targets per step", 1, 1'000'000, {}, true, {256, 2048}},
      learning_rate_param(&learning_rate, "learning rate of Adam", {3e-4, 1e-2}),
  };
  params.insert(params.end(), own.begin(), own.end());
}

ContentTower::ContentTower(std::vector<std::shared_ptr<const ContentEncoder>> sources)
    : sources_(std::move(sources)) {
  for (const auto& source : sources_) {
    inputs_ += source->dim();
    for (const std::string& field : source->fields()) {
      if (std::ranges::find(fields_, field) == fields_.end()) fields_.push_back(field);
    }
  }
}

std::shared_ptr<ContentTower> ContentTower::fit(const EncoderInput& input, std::string_view content,
                                                const std::string& fields, const Context& context) {
  std::vector<std::shared_ptr<const ContentEncoder>> sources;
  for (const EncoderPart& part : tower_parts(content, fields))
    sources.push_back(find_encoder(part.name).fit(input, part.params, context));
  return std::shared_ptr<ContentTower>(new ContentTower(std::move(sources)));
}

std::vector<std::shared_ptr<const ContentTower>> ContentTower::fit_each(const EncoderInput& input,
                                                                        std::string_view content,
                                                                        const std::string& fields,
                                                                        const Context& context) {
  std::vector<std::shared_ptr<const ContentTower>> towers;
  for (const EncoderPart& part : tower_parts(content, fields)) {
    std::vector<std::shared_ptr<const ContentEncoder>> source = {
        find_encoder(part.name).fit(input, part.params, context)};
    towers.push_back(std::shared_ptr<const ContentTower>(new ContentTower(std::move(source))));
  }
  return towers;
}

std::shared_ptr<ContentTower> ContentTower::with(const towers::ItemTower& tower) const {
  std::shared_ptr<ContentTower> copy(new ContentTower(sources_));
  copy->tower_ = {tower.maps.clone(), Matrix(), {}};
  for (const Matrix& matrix : tower.dense) copy->tower_.dense.push_back(matrix.clone());
  return copy;
}

Csr ContentTower::features(const ItemContent& items, const Context& context) const {
  std::vector<Csr> rows;
  for (const auto& source : sources_) {
    rows.push_back(source->is_sparse() ? source->encode_sparse(items, context)
                                       : sparse_rows(source->encode(items, context)));
  }
  return side_by_side(rows);
}

bool ContentTower::reads_pictures() const {
  return std::ranges::all_of(sources_, [](const auto& source) { return source->reads_pictures(); });
}

Matrix ContentTower::vectors_of(const ItemContent& items, const Context& context) const {
  const std::vector<idx_t> without(items.size(), towers::kNoId);
  return tower_vectors(tower_, features(items, context), without, context);
}

void ContentTower::save(TensorWriter& writer, const std::string& prefix) const {
  writer.meta(prefix + ".sources", std::to_string(sources_.size()));
  for (std::size_t s = 0; s < sources_.size(); ++s)
    write_encoder(writer, fmt::format("{}.source{}", prefix, s), *sources_[s]);
  writer.meta(prefix + ".layers", std::to_string(tower_.layers()));
  write_matrix(writer, prefix + ".maps", tower_.maps);
  for (std::size_t k = 0; k < tower_.dense.size(); ++k)
    write_matrix(writer, fmt::format("{}.{}", prefix, towers::dense_name(k)), tower_.dense[k]);
}

std::shared_ptr<ContentTower> ContentTower::read(const TensorReader& reader, const std::string& prefix) {
  std::vector<std::shared_ptr<const ContentEncoder>> sources;
  const std::int64_t count = reader.meta_int(prefix + ".sources", 1, kMostSources);
  for (std::int64_t s = 0; s < count; ++s)
    sources.push_back(read_encoder(reader, fmt::format("{}.source{}", prefix, s)));
  std::shared_ptr<ContentTower> result(new ContentTower(std::move(sources)));
  const auto layers = static_cast<std::size_t>(reader.meta_int(prefix + ".layers", 0, kMostLayers));
  towers::ItemTower& tower = result->tower_;
  tower.maps = read_matrix(reader, prefix + ".maps", result->inputs());
  const std::size_t d = tower.maps.cols();
  if (d == 0) reader.inconsistent(prefix + ".maps has no columns");
  for (std::size_t k = 0; k < 2 + 2 * layers; ++k) {
    const bool square = k >= 2 && k % 2 == 0;
    tower.dense.push_back(
        read_matrix(reader, fmt::format("{}.{}", prefix, towers::dense_name(k)), square ? d : 1, d));
  }
  return result;
}

Matrix tower_vectors(const towers::ItemTower& tower, const Csr& features, std::span<const idx_t> ids,
                     const Context& context) {
  Matrix vectors(features.rows(), tower.factors());
  WorkerTeam team(context.threads);
  towers::ItemPass pass;
  for (std::size_t begin = 0; begin < features.rows(); begin += kItemsAtOnce) {
    context.check_stop();
    std::vector<idx_t> some(std::min(kItemsAtOnce, features.rows() - begin));
    std::iota(some.begin(), some.end(), static_cast<idx_t>(begin));
    pass.forward(tower, select_rows(features, some), ids.subspan(begin, some.size()), team);
    for (std::size_t r = 0; r < some.size(); ++r) {
      if (features.row_size(begin + r) > 0 || ids[begin + r] != towers::kNoId)
        std::ranges::copy(pass.vectors()[r], vectors[begin + r].begin());
    }
  }
  return vectors;
}

}  // namespace akin
