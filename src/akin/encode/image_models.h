// Models that tell classes of pictures: TextModels whose texts are paths of pictures (PictureReader).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/encode/image_encoder.h"
#include "akin/encode/picture_memo.h"
#include "akin/linalg/topk.h"
#include "akin/text/text_model.h"

namespace akin {

/// Vectors of an ImageEncoder, of length 1 before and behind its steps, with a head that tells classes. A picture that cannot be read is left out of a fit, and has
/// a vector of zeros otherwise; remarks name it.
class ImageClassifier : public TextModel {
 public:
  const std::vector<std::string>& classes() const override { return classes_; }
  Matrix predict(std::span<const std::string_view> pictures, const Context& context) const override;
  std::size_t dim() const override { return encoder_->dim(); }
  Matrix vectors(std::span<const std::string_view> pictures, const Context& context) const override;
  void save(TensorWriter& writer, const std::string& prefix) const override;

 protected:
  /// Vectors to learn from.
  struct Samples {
    Matrix vectors;
    std::vector<std::uint32_t> labels;
  };
  /// Fits the encoder; the vectors of what can be read. Those that `memo` has are not computed, and others are put there, also
  /// when the model is asked. Throws Error(kBadData) for numbers in place of classes, and where nothing can be read.
  Samples fit_encoder(const TextFitInput& input, const ImageEncoder::Config& config,
                      std::shared_ptr<PictureMemo> memo, const Context& context);
  void restore(const TensorReader& reader, const std::string& prefix);
  virtual Matrix probabilities(const Matrix& vectors, const Context& context) const = 0;
  virtual void save_head(TensorWriter& writer, const std::string& prefix) const = 0;

  std::shared_ptr<const ContentEncoder> encoder_;
  std::vector<std::string> classes_;
};

/// Multinomial logistic regression on the vectors (fit_softmax()).
class ImageLinear final : public ImageClassifier {
 public:
  struct Config : ImageEncoder::Config {
    float regularization = 0.01F;
    bool balance = false;
    int epochs = 200;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "image-linear";
  static constexpr std::string_view kSummary =
      "logistic regression on pixels, colours, edges or a net's features of pictures";
  static std::unique_ptr<TextModel> fit(const TextFitInput& input, const Config& config,
                                        const Context& context, std::shared_ptr<PictureMemo> memo = nullptr);
  static std::unique_ptr<TextModel> load(const TensorReader& reader, const std::string& prefix);
  std::string_view name() const override { return kName; }

 private:
  Matrix probabilities(const Matrix& vectors, const Context& context) const override;
  void save_head(TensorWriter& writer, const std::string& prefix) const override;
  Matrix weights_;  // (dim + 1, classes)
};

/// The classes of the nearest pictures by cosine (Cover & Hart 1967): each of `neighbors` votes with weight 1, the nearest
/// with a little more, which decides where votes are equal.
class ImageKnn final : public ImageClassifier {
 public:
  struct Config : ImageEncoder::Config {
    int neighbors = 5;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "image-knn";
  static constexpr std::string_view kSummary =
      "classes of the most similar pictures, by pixels, colours, edges or a net's features";
  static std::unique_ptr<TextModel> fit(const TextFitInput& input, const Config& config,
                                        const Context& context, std::shared_ptr<PictureMemo> memo = nullptr);
  static std::unique_ptr<TextModel> load(const TensorReader& reader, const std::string& prefix);
  std::string_view name() const override { return kName; }

 private:
  Matrix probabilities(const Matrix& vectors, const Context& context) const override;
  void save_head(TensorWriter& writer, const std::string& prefix) const override;
  /// Adds the votes of a picture's neighbors, best first, to the shares of the classes.
  void vote(std::span<const Scored> nearest, std::span<float> shares) const;
  Matrix known_;  // of length 1
  std::vector<std::uint32_t> labels_;
  int neighbors_ = 1;
};

/// Whether a model of image_models() looks at vectors that a PictureMemo can hold.
bool takes_picture_memo(std::string_view model);
/// The fit of such a model, which takes from `memo` the vectors that it holds. Throws as TextModelEntry::fit().
std::unique_ptr<TextModel> fit_with_memo(std::string_view model, const TextFitInput& input,
                                         const ParamValues& values, std::shared_ptr<PictureMemo> memo,
                                         const Context& context);

}  // namespace akin
