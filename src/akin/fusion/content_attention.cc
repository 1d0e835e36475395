#include "akin/fusion/content_attention.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/encode/concat_encoder.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/start.h"

namespace akin {
namespace {

constexpr std::string_view kDimensions = "128";  // that a sparse encoder is reduced to

std::vector<EncoderPart> parts_of(const ContentOptions& options) {
  std::vector<EncoderPart> parts = parse_encoder_parts(options.content);
  set_fields(parts, options.fields);
  for (EncoderPart& part : parts) {
    part.params.try_emplace("whiten", "true");
    if (find_encoder(part.name).sparse) part.params.try_emplace("svd", kDimensions);
  }
  return parts;
}

}  // namespace

void ContentOptions::add_params(std::vector<Param>& params) {
  params.push_back({"content", &content,
                    "encoders with parameters, such as \"tfidf fields=title svd=64; attributes "
                    "fields=brand\"; whitened unless they say whiten=false"});
  params.push_back(
      {"fields", &fields, "fields of the encoders that name none; empty = those of each by default"});
  params.push_back({"max_delta",
                    &max_delta,
                    "longest vector that an item may add to that of its content; 0 = content alone",
                    0,
                    1000,
                    {},
                    false,
                    {0, 2}});
  params.push_back({"delta_shrinkage", &delta_shrinkage,
                    "items with few events may add less: max_delta * sqrt(n / (n + this)) with n events", 0,
                    1e6});
}

ContentAttention::~ContentAttention() = default;

void ContentAttention::fit_to(const TrainingData& data, attention::BlockKind block,
                              const attention::AttentionConfig& config, const ContentOptions& options,
                              std::string_view name, const FitContext& context) {
  context.check_stop();
  if (data.events.empty()) fail(ErrorCode::kBadData, "{}: there are no events to learn from", name);
  const ItemContent content(data.source);
  FitContext own = context;
  FitStart start;
  if (const auto* const old = start_model<ContentAttention>(context, name)) {
    encoder_ = old->encoder_;  // what W was trained for
    start = *context.start;
    start.model = old->net_.get();
    own.start = &start;
  } else {
    const std::vector<idx_t> items = items_to_learn_from(data);
    encoder_ = ConcatEncoder::fit_parts({content, items, context.words}, parts_of(options), context);
  }
  const Matrix features = encoder_->encode(content, context);
  const attention::ContentVectors vectors{features, options.max_delta, options.delta_shrinkage};
  std::unique_ptr<Model> net = attention::fit_attention(data, block, config, name, own, &vectors);
  net_.reset(dynamic_cast<attention::AttentionModel*>(net.release()));
}

std::vector<std::vector<Scored>> ContentAttention::similar_to(const ItemContent& items, std::size_t k) const {
  const Matrix features = encoder_->encode(items, {});
  const Matrix& known = embeddings();
  Matrix fresh(features.rows(), known.cols());
  attention::ContentWeights weights{net_->content().map.clone(), Matrix()};
  attention::place_items(features, weights, 0, features.rows(), fresh);
  std::vector<std::vector<Scored>> lists;
  for (std::size_t i = 0; i < fresh.rows(); ++i) {
    const float own = std::sqrt(dot(fresh.row(i), fresh.row(i), fresh.stride()));
    TopK best(std::min(k, known.rows()));
    for (idx_t j = 0; j < known.rows() && own > 0; ++j) {
      const float norm = std::sqrt(dot(known.row(j), known.row(j), known.stride()));
      if (norm > 0) best.push(j, dot(fresh.row(i), known.row(j), known.stride()) / (own * norm));
    }
    lists.push_back(best.take());
  }
  return lists;
}

void ContentAttention::save(TensorWriter& writer) const {
  net_->save(writer);
  writer.meta("model.items", std::to_string(n_items()));
  write_encoder(writer, "model.encoder", *encoder_);
}

void ContentAttention::restore(const TensorReader& reader, std::size_t n_items) {
  encoder_ = read_encoder(reader, "model.encoder");
  const auto rows = static_cast<std::size_t>(
      reader.meta_int("model.items", static_cast<std::int64_t>(n_items), 0xFFFFFFFE));
  net_ = attention::AttentionModel::read(reader, rows, {encoder_->dim(), n_items});
}

}  // namespace akin
