// Convolutional nets that tell classes of pictures, trained from the beginning or from pretrained weights.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/param.h"
#include "akin/nets/image/image_net.h"
#include "akin/text/text_model.h"

namespace akin {

/// A TextModel whose texts are paths of pictures (PictureReader). From the beginning it is a residual net (residual.h); with
/// `pretrained` the net of that file with a new head, whose layers up to `freeze` keep their weights to the last bit. Batch
/// normalization of pretrained nets stands in their weights: it never sees the new pictures. Classes come from softmax and
/// cross-entropy; the rate falls as half a cosine over the epochs (Loshchilov & Hutter 2017, without restarts).
///
/// Trained in libtorch in a fixed number of parts of each minibatch, so that the number of threads does not change a bit;
/// answers come from ImageNet, without libtorch. Pictures that cannot be read are left out of a fit, and told alike likely of
/// all classes. Memory of a fit: up to 2 GiB of pictures and outputs of frozen layers, whatever their number, and what the
/// layers put out for a minibatch.
class ImageCnn final : public TextModel {
 public:
  struct Config {
    std::string pretrained = "";
    std::string freeze = "";
    int size = 64;
    int width = 16;
    int blocks = 1;
    int stages = 0;
    float dropout = 0;
    bool flip = true;
    int shift = 0;
    float crop = 0;
    bool balance = false;
    std::string optimizer = "momentum";
    float learning_rate = 0;
    float weight_decay = 0.001F;
    int batch_size = 64;
    int epochs = 20;
    int patience = 10;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "image-cnn";
  static constexpr std::string_view kSummary =
      "convolutional net: a residual net of one's own (He et al. 2016), or a pretrained one tuned";
  static std::unique_ptr<TextModel> fit(const TextFitInput& input, const Config& config,
                                        const Context& context);
  static std::unique_ptr<TextModel> load(const TensorReader& reader, const std::string& prefix);

  ImageCnn(nets::ImageNet net, std::vector<std::string> classes);
  std::string_view name() const override { return kName; }
  const std::vector<std::string>& classes() const override { return classes_; }
  Matrix predict(std::span<const std::string_view> pictures, const Context& context) const override;
  std::size_t dim() const override;
  /// The features that the head sees: the mean of each channel.
  Matrix vectors(std::span<const std::string_view> pictures, const Context& context) const override;
  void save(TensorWriter& writer, const std::string& prefix) const override;
  const nets::ImageNet& net() const { return net_; }

 private:
  Matrix outputs(std::span<const std::string_view> pictures, std::size_t layer, nets::Pooling pooling,
                 float missing, const Context& context) const;
  nets::ImageNet net_;
  std::vector<std::string> classes_;
};

}  // namespace akin
