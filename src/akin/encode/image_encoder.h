// Vectors of pictures.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/encode/encoder_steps.h"
#include "akin/image/picture.h"
#include "akin/image/resize.h"
#include "akin/nets/image/image_net.h"

namespace akin {

/// The mean of the vectors of an item's pictures (the values of its attributes of type picture), each by
///
///   pixels      red, green and blue, from 0 to 1, of the picture resized to `width` x `height`
///   histogram   color_histogram()
///   hog         hog() of the picture resized to `width` x `height`, multiples of 8
///   net         the output of a `layer` of the net in `file`, which `akin encoder import` read; "" = its last layer of
///               features; `pooling` as nets::Pooling
///
/// Rows have length 1. Pictures that cannot be read are left out and counted in a remark. Memory: two blocks of pictures
/// (PictureBlockOptions) at a time, and what the net says that it takes.
class ImageEncoder final : public ContentEncoder {
 public:
  struct Config : EncoderSteps {
    std::string features = "auto";
    int width = 0;
    int height = 0;
    std::string fit = "auto";
    std::string file = "";
    std::string layer = "";
    std::string pooling = "average";
    std::string precision = "float32";
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "image";
  static constexpr std::string_view kSummary =
      "pictures: pixels, colours, edges (HOG: Dalal & Triggs 2005), a layer of a net";
  static std::unique_ptr<ContentEncoder> fit(const EncoderInput& input, const Config& config,
                                             const Context& context);
  static std::unique_ptr<ContentEncoder> load(const TensorReader& reader, const std::string& prefix);

  std::string_view name() const override { return kName; }
  std::size_t dim() const override;
  bool is_sparse() const override { return false; }
  bool reads_pictures() const override { return true; }
  const std::vector<std::string>& fields() const override { return fields_; }
  void save(TensorWriter& writer, const std::string& prefix) const override;

 private:
  enum class Features { kPixels, kHistogram, kHog, kNet };
  Matrix vectors_of(const ItemContent& items, const Context& context) const override;
  /// (pictures, dim) of pictures none of which is empty.
  Matrix features_of(std::span<const Picture> pictures, const Context& context) const;
  std::vector<float> features_of(const Picture& picture) const;
  void set_net(nets::ImageNet net, const std::string& layer, const std::string& pooling);
  /// Throws Error(kUsage) if the values do not go together.
  void set(const Config& config);

  std::vector<std::string> fields_;
  std::string features_name_, fit_name_;  // as in files
  Features features_ = Features::kHog;
  Fit fit_ = Fit::kStretch;
  int width_ = 0, height_ = 0;
  std::optional<nets::ImageNet> net_;  // of kNet
  std::size_t layer_ = 0;
  nets::Pooling pooling_ = nets::Pooling::kAverage;
  std::string pooling_name_ = "average", precision_name_ = "float32";
  bool unit_length_ = true;  // no step comes behind it that makes them so
};

}  // namespace akin
