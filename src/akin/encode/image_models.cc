#include "akin/encode/image_models.h"

#include <algorithm>

#include "akin/base/config_params.h"
#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/safetensors.h"
#include "akin/encode/encoders.h"
#include "akin/image/item_pictures.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/topk.h"
#include "akin/optim/softmax_regression.h"

namespace akin {
namespace {

/// Another encoder of items with a picture each, whose vectors are computed once.
class RememberingEncoder final : public ContentEncoder {
 public:
  RememberingEncoder(std::unique_ptr<ContentEncoder> base, std::shared_ptr<PictureMemo> memo)
      : base_(std::move(base)), memo_(std::move(memo)) {}
  std::string_view name() const override { return base_->name(); }
  std::size_t dim() const override { return base_->dim(); }
  bool is_sparse() const override { return false; }
  bool reads_pictures() const override { return true; }
  const std::vector<std::string>& fields() const override { return base_->fields(); }
  void save(TensorWriter& writer, const std::string& prefix) const override { base_->save(writer, prefix); }

 private:
  Matrix vectors_of(const ItemContent& items, const Context& context) const override;
  std::unique_ptr<ContentEncoder> base_;
  std::shared_ptr<PictureMemo> memo_;
};

/// Items with a picture each.
ItemContent picture_content(std::span<const std::string_view> paths) {
  AttributeTable table;
  StringColumn& column = table.column(kPictureAttribute);
  for (const std::string_view path : paths) column.push_back(path);
  table.set_type(kPictureAttribute, {AttributeType::Kind::kPicture});
  return ItemContent(std::move(table), paths.size());
}

Matrix RememberingEncoder::vectors_of(const ItemContent& items, const Context& context) const {
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < items.size(); ++i)
    paths.push_back(fmt::format("{}", fmt::join(items.pictures(i), "|")));
  std::vector<std::string_view> missing;
  for (const std::string& path : paths) {
    if (memo_->find(path) == nullptr) missing.push_back(path);
  }
  if (!missing.empty()) {
    const Matrix rows = base_->encode(picture_content(missing), context);
    for (std::size_t m = 0; m < missing.size(); ++m) memo_->put(missing[m], rows[m]);
  }
  Matrix result(items.size(), dim());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::vector<float>& row = *memo_->find(paths[i]);
    if (row.size() != dim()) {
      fail(ErrorCode::kBadData, "the vectors given have {} numbers, but these features have {}", row.size(),
           dim());
    }
    std::ranges::copy(row, result[i].begin());
  }
  return result;
}

}  // namespace

Matrix ImageClassifier::predict(std::span<const std::string_view> pictures, const Context& context) const {
  return probabilities(vectors(pictures, context), context);
}

Matrix ImageClassifier::vectors(std::span<const std::string_view> pictures, const Context& context) const {
  return encoder_->encode(picture_content(pictures), context);
}

ImageClassifier::Samples ImageClassifier::fit_encoder(const TextFitInput& input,
                                                      const ImageEncoder::Config& config,
                                                      std::shared_ptr<PictureMemo> memo,
                                                      const Context& context) {
  const LabelledTexts& data = input.texts;
  if (!data.has_classes()) fail(ErrorCode::kUsage, "{} tells classes, not numbers", name());
  for (idx_t c = 0; c < data.classes.size(); ++c) classes_.emplace_back(data.classes.id(c));
  const std::vector<std::string_view> paths(data.texts.begin(), data.texts.end());
  const ItemContent content = picture_content(paths);
  std::vector<idx_t> all(data.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<idx_t>(i);
  ImageEncoder::Config plain = config;
  static_cast<EncoderSteps&>(plain) = {};
  // Steps are fitted to what the head sees too: it is computed once.
  if (memo == nullptr && config.any()) memo = std::make_shared<PictureMemo>();
  std::unique_ptr<ContentEncoder> base = ImageEncoder::fit({content, all}, plain, context);
  if (memo) base = std::make_unique<RememberingEncoder>(std::move(base), std::move(memo));
  encoder_ = with_steps(std::move(base), config, {content, all}, context);
  const Matrix vectors = encoder_->encode(content, context);
  Samples samples;
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (is_zero(vectors[i])) continue;
    rows.push_back(i);
    samples.labels.push_back(data.labels[i]);
  }
  if (rows.empty()) fail(ErrorCode::kBadData, "{}: no picture can be read", name());
  samples.vectors = Matrix(rows.size(), vectors.cols());
  for (std::size_t r = 0; r < rows.size(); ++r)
    std::ranges::copy(vectors[rows[r]], samples.vectors[r].begin());
  return samples;
}

void ImageClassifier::save(TensorWriter& writer, const std::string& prefix) const {
  write_texts(writer, prefix + ".classes", classes_);
  write_encoder(writer, prefix + ".encoder", *encoder_);
  save_head(writer, prefix);
}

void ImageClassifier::restore(const TensorReader& reader, const std::string& prefix) {
  classes_ = read_texts(reader, prefix + ".classes");
  if (classes_.size() < 2) reader.inconsistent("its model of pictures has fewer than two classes");
  encoder_ = read_encoder(reader, prefix + ".encoder");
}

std::vector<Param> ImageLinear::Config::params() {
  std::vector<Param> params = ImageEncoder::Config::params();
  params.push_back({"regularization",
                    &regularization,
                    "lambda of the squared weights, beside the sum of losses",
                    0,
                    1e9,
                    {},
                    true,
                    {1e-3, 100}});
  params.push_back({"balance", &balance, "count each class alike, however many pictures it has"});
  params.push_back({"epochs", &epochs, "iterations of L-BFGS at most", 1, 100'000});
  return params;
}

std::unique_ptr<TextModel> ImageLinear::fit(const TextFitInput& input, const Config& config,
                                            const Context& context, std::shared_ptr<PictureMemo> memo) {
  std::unique_ptr<ImageLinear> model(new ImageLinear());
  const Samples samples = model->fit_encoder(input, config, std::move(memo), context);
  const std::size_t classes = model->classes_.size();
  std::vector<float> costs;
  if (config.balance) {
    std::vector<float> counts(classes);
    for (const std::uint32_t label : samples.labels) counts[label] += 1;
    const float mean = static_cast<float>(samples.labels.size()) / static_cast<float>(classes);
    for (const std::uint32_t label : samples.labels) costs.push_back(mean / counts[label]);
  }
  model->weights_ = fit_softmax(samples.vectors, samples.labels, classes, costs,
                                {.regularization = config.regularization, .epochs = config.epochs}, context);
  return model;
}

Matrix ImageLinear::probabilities(const Matrix& vectors, const Context& context) const {
  return softmax_probabilities(vectors, weights_, context);
}

void ImageLinear::save_head(TensorWriter& writer, const std::string& prefix) const {
  write_matrix(writer, prefix + ".weights", weights_);
}

std::unique_ptr<TextModel> ImageLinear::load(const TensorReader& reader, const std::string& prefix) {
  std::unique_ptr<ImageLinear> model(new ImageLinear());
  model->restore(reader, prefix);
  model->weights_ = read_matrix(reader, prefix + ".weights", model->dim() + 1, model->classes_.size());
  return model;
}

std::vector<Param> ImageKnn::Config::params() {
  std::vector<Param> params = ImageEncoder::Config::params();
  params.push_back({"neighbors", &neighbors, "number of pictures that vote", 1, 10'000, {}, true, {1, 50}});
  return params;
}

std::unique_ptr<TextModel> ImageKnn::fit(const TextFitInput& input, const Config& config,
                                         const Context& context, std::shared_ptr<PictureMemo> memo) {
  std::unique_ptr<ImageKnn> model(new ImageKnn());
  Samples samples = model->fit_encoder(input, config, std::move(memo), context);
  model->known_ = std::move(samples.vectors);
  normalize_rows(model->known_);
  model->labels_ = std::move(samples.labels);
  model->neighbors_ = config.neighbors;
  return model;
}

Matrix ImageKnn::probabilities(const Matrix& vectors, const Context& context) const {
  // Rows of `known_` are read once for a block of queries, a tile at a time, which stays in the cache.
  constexpr std::size_t kBlock = 32, kTile = 128;
  const std::size_t known = known_.rows();
  Matrix result(vectors.rows(), classes_.size());
  parallel_for(
      vectors.rows(), context.threads,
      [&](std::size_t begin, std::size_t end, int) {
        context.check_stop();
        Matrix queries(end - begin, vectors.cols());
        for (std::size_t q = 0; q < queries.rows(); ++q)
          std::ranges::copy(vectors[begin + q], queries[q].begin());
        std::vector<TopK> nearest(queries.rows(), TopK(static_cast<std::size_t>(neighbors_)));
        std::vector<float> scores(queries.rows() * kTile);
        for (std::size_t first = 0; first < known; first += kTile) {
          const std::size_t size = std::min(kTile, known - first);
          multiply(known_, first, first + size, queries, scores.data(), kTile);
          for (std::size_t q = 0; q < queries.rows(); ++q) {
            for (std::size_t i = 0; i < size; ++i) {
              if (const float score = scores[q * kTile + i]; score > nearest[q].threshold())
                nearest[q].push(static_cast<idx_t>(first + i), score);
            }
          }
        }
        for (std::size_t q = 0; q < queries.rows(); ++q) vote(nearest[q].take(), result[begin + q]);
      },
      kBlock);
  return result;
}

void ImageKnn::vote(std::span<const Scored> nearest, std::span<float> shares) const {
  constexpr float kMore = 1e-3F;
  const float total = static_cast<float>(nearest.size()) + kMore;
  for (std::size_t n = 0; n < nearest.size(); ++n)
    shares[labels_[nearest[n].idx]] += (n == 0 ? 1 + kMore : 1) / total;
}

void ImageKnn::save_head(TensorWriter& writer, const std::string& prefix) const {
  write_matrix(writer, prefix + ".known", known_);
  writer.tensor(prefix + ".labels", std::span<const std::uint32_t>(labels_));
  writer.meta(prefix + ".neighbors", std::to_string(neighbors_));
}

std::unique_ptr<TextModel> ImageKnn::load(const TensorReader& reader, const std::string& prefix) {
  std::unique_ptr<ImageKnn> model(new ImageKnn());
  model->restore(reader, prefix);
  const std::size_t known = reader.tensor<std::uint32_t>(prefix + ".labels").size();
  const auto last = static_cast<std::uint32_t>(model->classes_.size() - 1);
  model->labels_ = reader.vector_in<std::uint32_t>(prefix + ".labels", known, 0, last);
  model->known_ = read_matrix(reader, prefix + ".known", known, model->dim());
  model->neighbors_ = static_cast<int>(reader.meta_int(prefix + ".neighbors", 1, 10'000));
  return model;
}

bool takes_picture_memo(std::string_view model) {
  return model == ImageLinear::kName || model == ImageKnn::kName;
}

std::unique_ptr<TextModel> fit_with_memo(std::string_view model, const TextFitInput& input,
                                         const ParamValues& values, std::shared_ptr<PictureMemo> memo,
                                         const Context& context) {
  AKIN_ASSERT(takes_picture_memo(model));
  if (input.texts.classes.size() < 2)
    fail(ErrorCode::kBadData, "{}: the pictures must be of at least two classes", model);
  if (model == ImageKnn::kName)
    return ImageKnn::fit(input, config_of<ImageKnn::Config>(values, model), context, std::move(memo));
  return ImageLinear::fit(input, config_of<ImageLinear::Config>(values, model), context, std::move(memo));
}

}  // namespace akin
