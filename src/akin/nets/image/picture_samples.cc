#include "akin/nets/image/picture_samples.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/image/picture_blocks.h"

namespace akin::nets {
namespace {

constexpr std::uint64_t kAugmentStream = 0x415547, kClassStream = 0x434C53;

/// Moved by (dx, dy) pixels, the border repeated.
Picture shifted(const Picture& from, int dx, int dy) {
  Picture to(from.width, from.height);
  for (int y = 0; y < to.height; ++y) {
    const int row = std::clamp(y + dy, 0, from.height - 1);
    for (int x = 0; x < to.width; ++x)
      std::copy_n(from.at(std::clamp(x + dx, 0, from.width - 1), row), 3, to.at(x, y));
  }
  return to;
}

/// The picture and whether it is to be flipped.
Picture changed(Picture picture, const Augmentation& how, Rng& rng) {
  const bool flip = rng.uniform() < 0.5 && how.flip;
  if (how.crop > 0) {
    const double area = 1 - static_cast<double>(how.crop) * rng.uniform();
    const int side =
        std::clamp(static_cast<int>(std::lround(picture.width * std::sqrt(area))), 1, picture.width);
    const auto room = static_cast<std::uint64_t>(picture.width - side + 1);
    const int left = static_cast<int>(rng.below(room)), top = static_cast<int>(rng.below(room));
    if (side < picture.width)
      picture =
          resize(crop(picture, {left, top, side, side}), picture.width, picture.height, Filter::kBilinear);
  }
  if (how.shift > 0) {
    const auto room = static_cast<std::uint64_t>(2 * how.shift + 1);
    const int dx = static_cast<int>(rng.below(room)) - how.shift,
              dy = static_cast<int>(rng.below(room)) - how.shift;
    if (dx != 0 || dy != 0) picture = shifted(picture, dx, dy);
  }
  return flip ? mirrored(picture) : picture;
}

}  // namespace

PictureSamples::PictureSamples(const std::vector<std::string>& paths, std::span<const std::uint32_t> labels,
                               const ImageNet& net, const PictureSampleOptions& options,
                               const Context& context)
    : paths_(paths),
      labels_(labels),
      net_(net),
      options_(options),
      context_(context),
      reader_(context),
      dim_(net.dim(static_cast<std::size_t>(options.layer), Pooling::kFlatten)) {
  const NetLayer& layer = net.layers()[static_cast<std::size_t>(options.layer)];
  shape_ = {layer.height, layer.width, layer.channels};
  if (layer.height == 1 && layer.width == 1) shape_ = {layer.channels};
  const std::vector<std::string_view> views(paths.begin(), paths.end());
  std::size_t bytes = 0;
  for_picture_blocks(views, {.enough = enough_pixels(net.preprocessing().square)}, "reading", context,
                     [&](const PictureBlock& block) {
                       std::vector<Picture> squares(block.pictures.size());
                       parallel_for(
                           squares.size(), context.threads, [&](std::size_t begin, std::size_t end, int) {
                             for (std::size_t p = begin; p < end; ++p)
                               squares[p] = akin::square(block.pictures[p], net.preprocessing().square);
                           });
                       for (std::size_t p = 0; p < squares.size(); ++p) {
                         kept_.push_back(static_cast<std::uint32_t>(block.places[p]));
                         bytes += squares[p].rgb.size();
                         if (bytes <= options_.cache_bytes) squares_.push_back(std::move(squares[p]));
                       }
                     });
  if (kept_.empty()) fail(ErrorCode::kBadData, "no picture can be read");
  if (options_.layer > 0 && options_.augmentation.only_flips()) {
    const std::size_t most = options_.cache_bytes / (dim_ * sizeof(float));
    outputs_.resize(std::min(2 * kept_.size(), most / 2 * 2));
  }
  order_.resize(kept_.size());
  std::iota(order_.begin(), order_.end(), 0U);
}

Picture PictureSamples::square_of(std::size_t sample) const {
  if (sample < squares_.size()) return squares_[sample];
  const SquareOptions& how = net_.preprocessing().square;
  return akin::square(reader_.read(paths_[kept_[sample]], {.enough = enough_pixels(how)}), how);
}

/// Each class as often as the others, in turn, its pictures in an order of the epoch.
void PictureSamples::draw_classes(std::uint64_t epoch) {
  Rng rng(options_.seed + kClassStream, epoch);
  std::uint32_t classes = 0;
  for (const std::uint32_t label : labels_) classes = std::max(classes, label + 1);
  std::vector<std::vector<std::uint32_t>> of_class(classes);
  for (std::uint32_t s = 0; s < kept_.size(); ++s) of_class[labels_[kept_[s]]].push_back(s);
  std::erase_if(of_class, [](const auto& samples) { return samples.empty(); });
  for (auto& samples : of_class) rng.shuffle(std::span(samples));
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const auto& samples = of_class[i % of_class.size()];
    order_[i] = samples[i / of_class.size() % samples.size()];
  }
}

void PictureSamples::start_epoch(std::uint64_t epoch) {
  epoch_ = epoch;
  if (options_.balance) draw_classes(epoch);
}

/// Where the outputs of a sample are kept; nullptr if they are not.
std::vector<float>* PictureSamples::outputs_of(std::size_t sample, bool flipped) const {
  const std::size_t place = 2 * sample + (flipped ? 1 : 0);
  return place < outputs_.size() ? &outputs_[place] : nullptr;
}

void PictureSamples::read(std::span<const std::int64_t> samples, nn::Batch& batch) const {
  std::vector<Picture> pictures(samples.size());
  std::vector<std::vector<float>*> kept(samples.size());
  parallel_for(samples.size(), context_.threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t sample = order_[static_cast<std::size_t>(samples[i])];
      Rng rng(options_.seed + kAugmentStream, epoch_ * kept_.size() + static_cast<std::size_t>(samples[i]));
      if (!outputs_.empty()) {
        Rng same = rng;
        const bool flip = same.uniform() < 0.5 && options_.augmentation.flip;
        kept[i] = outputs_of(sample, flip);
        if (kept[i] != nullptr && !kept[i]->empty()) continue;
      }
      pictures[i] = changed(square_of(sample), options_.augmentation, rng);
    }
  });
  std::vector<Picture> missing;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (pictures[i].empty()) continue;
    missing.push_back(std::move(pictures[i]));
    places.push_back(i);
  }
  batch.inputs.resize(1);
  nn::Array& input = batch.inputs[0];
  input.shape = shape_;
  input.shape.insert(input.shape.begin(), static_cast<std::int64_t>(samples.size()));
  if (input.is_ids()) input.values = std::vector<float>();
  auto& values = std::get<0>(input.values);
  values.resize(samples.size() * dim_);
  const Matrix rows =
      net_.features(missing, static_cast<std::size_t>(options_.layer), Pooling::kFlatten, context_);
  for (std::size_t m = 0; m < places.size(); ++m) {
    std::copy_n(rows.row(m), dim_, values.data() + places[m] * dim_);
    if (std::vector<float>* const to = kept[places[m]]) to->assign(rows.row(m), rows.row(m) + dim_);
  }
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (kept[i] != nullptr) std::ranges::copy(*kept[i], values.data() + i * dim_);
  }
  std::vector<float> targets;
  for (const std::int64_t sample : samples)
    targets.push_back(static_cast<float>(labels_[kept_[order_[static_cast<std::size_t>(sample)]]]));
  batch.targets.shape = {static_cast<std::int64_t>(targets.size()), 1};
  batch.targets.values = std::move(targets);
}

}  // namespace akin::nets
