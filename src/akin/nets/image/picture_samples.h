// Labelled pictures as samples of a net, changed a little in each epoch.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/image/item_pictures.h"
#include "akin/nets/image/image_net.h"
#include "akin/nn/sample_source.h"

namespace akin::nets {

/// What is done to a picture before a net sees it in training, drawn anew for each sample and epoch.
struct Augmentation {
  bool flip = false;  ///< left and right change places, of one in two
  int shift = 0;      ///< up to so many pixels in each direction; the border is repeated
  float crop = 0;     ///< a square of at least 1 - crop of the area, anywhere, is resized to the whole
  bool only_flips() const { return shift == 0 && crop == 0; }
};
struct PictureSampleOptions {
  int layer = 0;  ///< of the net: samples are its outputs, of 0 the pictures themselves
  Augmentation augmentation = {};
  bool balance = false;  ///< each class is drawn as often as the others
  std::uint64_t seed = 0;
  std::size_t cache_bytes = std::size_t{1} << 30;
};

/// Samples whose input is the output of a layer of `net` for a picture, whose target its class. The squares that the net
/// sees are kept up to cache_bytes, pictures beyond that are decoded again in each epoch; outputs of layers likewise, where
/// there are only flips. `net` and what it was made from must outlive it.
class PictureSamples final : public nn::SampleSource {
 public:
  /// Reads all pictures once. Those that cannot be read are left out, with a remark. Throws Error(kBadData) where none can.
  PictureSamples(const std::vector<std::string>& paths, std::span<const std::uint32_t> labels,
                 const ImageNet& net, const PictureSampleOptions& options, const Context& context);

  std::int64_t size() const override { return static_cast<std::int64_t>(kept_.size()); }
  void start_epoch(std::uint64_t epoch) override;
  void read(std::span<const std::int64_t> samples, nn::Batch& batch) const override;
  bool checked() const override { return true; }

 private:
  Picture square_of(std::size_t sample) const;
  std::vector<float>* outputs_of(std::size_t sample, bool flipped) const;
  void draw_classes(std::uint64_t epoch);

  const std::vector<std::string>& paths_;
  std::span<const std::uint32_t> labels_;
  const ImageNet& net_;
  PictureSampleOptions options_;
  const Context& context_;
  PictureReader reader_;
  std::size_t dim_;
  nn::Shape shape_;                   // of a sample
  std::vector<std::uint32_t> kept_;   // pictures that can be read
  std::vector<Picture> squares_;      // of the first of them
  std::vector<std::uint32_t> order_;  // of balanced classes, which sample is which
  std::uint64_t epoch_ = 0;
  // Of the first samples, first as they are, then flipped; empty until they are asked for.
  mutable std::vector<std::vector<float>> outputs_;
};

}  // namespace akin::nets
