// Vectors of pictures.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/encode/encoder_steps.h"
#include "akin/image/picture.h"
#include "akin/image/resize.h"

namespace akin {

/// The mean of the vectors of an item's pictures (the values of its attributes of type picture), each by
///
///   pixels      red, green and blue, from 0 to 1, of the picture resized to `width` x `height`
///   histogram   color_histogram()
///   hog         hog() of the picture resized to `width` x `height`, multiples of 8
///
/// Rows have length 1. Pictures that cannot be read are left out and counted in a remark. Memory: a picture a thread.
class ImageEncoder final : public ContentEncoder {
 public:
  struct Config : EncoderSteps {
    std::string features = "hog";
    int width = 0;
    int height = 0;
    std::string fit = "stretch";
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "image";
  static constexpr std::string_view kSummary = "pictures: pixels, colours, edges (HOG: Dalal & Triggs 2005)";
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
  enum class Features { kPixels, kHistogram, kHog };
  Matrix vectors_of(const ItemContent& items, const Context& context) const override;
  std::vector<float> features_of(const Picture& picture) const;
  /// Throws Error(kUsage) if the values do not go together.
  void set(const Config& config);

  std::vector<std::string> fields_;
  std::string features_name_, fit_name_;  // as in files
  Features features_ = Features::kHog;
  Fit fit_ = Fit::kStretch;
  int width_ = 0, height_ = 0;
  bool unit_length_ = true;  // no step comes behind it that makes them so
};

}  // namespace akin
