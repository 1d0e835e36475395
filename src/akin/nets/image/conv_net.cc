#include "akin/nets/image/conv_net.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "akin/base/error.h"
#include "akin/nets/image/conv_tiles.h"

namespace akin::nets {
namespace {

std::size_t channels_of(const ConvOp& op, const MapShape& shape) {
  const auto channels = static_cast<std::size_t>(shape.channels);
  return op.kind == OpKind::kPicture ? channels : whole_vectors(channels);  // a picture's three are no vector
}

/// Of one place, the same in every picture: computed for several pictures at once.
bool is_row(const ConvOp& op) {
  return op.kind == OpKind::kFlatten || op.kind == OpKind::kGlobalAverage || op.kind == OpKind::kDense;
}

}  // namespace

OpWeights empty_weights(const ConvPlan& plan, int op) {
  const ConvOp& of = plan.op(op);
  const auto channels = static_cast<std::size_t>(of.channels);
  OpWeights weights;
  if (of.depthwise())
    weights.panels = Panels(1, plan.inner(op) * whole_vectors(channels));
  else
    weights.panels = Panels(plan.inner(op) * static_cast<std::size_t>(of.groups), channels);
  weights.bias.assign(whole_vectors(channels), 0);
  return weights;
}

/// Where outputs lie. An output has zeros around it where those who read it want them.
struct ConvNet::Layout {
  struct Place {
    std::size_t slot = 0;
    Padding border;
    std::size_t pitch = 0;  ///< floats of a row with its border
  };
  std::vector<Place> places;
  std::vector<std::size_t> slots;  ///< floats of each
  std::vector<Runs> runs;
  std::vector<ConvTiles> tiles;
};

/// Made when the first picture comes: it takes time, and as much memory again as the weights.
struct ConvNet::Lazy {
  std::once_flag once;
  std::vector<Winograd> winograd;
};

struct ConvNet::Workspace::State {
  std::vector<std::vector<float>> slots;
  std::vector<float> squares;  // of Winograd
  std::vector<Matrix> rows;    ///< of the operations for several pictures
  std::vector<std::uint16_t> rounded;
};
ConvNet::Workspace::Workspace() : state_(std::make_unique<State>()) {}
ConvNet::Workspace::~Workspace() = default;
ConvNet::Workspace::Workspace(Workspace&&) noexcept = default;

ConvNet::~ConvNet() = default;
ConvNet::ConvNet(ConvNet&&) noexcept = default;

ConvNet::ConvNet(ConvPlan plan, std::vector<OpWeights> weights, bool bf16)
    : plan_(std::move(plan)), weights_(std::move(weights)) {
  const auto& ops = plan_.ops();
  const std::size_t count = ops.size();
  auto layout = std::make_unique<Layout>();
  layout->places.resize(count);
  layout->runs.resize(count);
  layout->tiles.resize(count);
  std::vector<std::size_t> last_use(count);
  for (std::size_t i = 0; i < count; ++i) {
    last_use[i] = i;
    for (const int input : ops[i].inputs) {
      const auto in = static_cast<std::size_t>(input);
      last_use[in] = i;
      const Padding padding = padding_of(ops[i], plan_.shapes()[in].height);
      Padding& border = layout->places[in].border;
      if (ops[i].kind == OpKind::kConv)
        border = {std::max(border.before, padding.before), std::max(border.behind, padding.behind)};
    }
    if (ops[i].add >= 0) last_use[static_cast<std::size_t>(ops[i].add)] = i;
  }
  std::vector<std::size_t> busy_until;  // of each slot
  for (std::size_t i = 0; i < count; ++i) {
    if (is_row(ops[i])) continue;
    const MapShape& shape = plan_.shapes()[i];
    Layout::Place& place = layout->places[i];
    const int border = place.border.before + place.border.behind;
    place.pitch = static_cast<std::size_t>(shape.width + border) * channels_of(ops[i], shape);
    const std::size_t size = place.pitch * static_cast<std::size_t>(shape.height + border);
    while (place.slot < busy_until.size() && busy_until[place.slot] >= i) ++place.slot;
    if (place.slot == busy_until.size()) {
      busy_until.push_back(0);
      layout->slots.push_back(0);
    }
    busy_until[place.slot] = last_use[i];
    layout->slots[place.slot] = std::max(layout->slots[place.slot], size);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (ops[i].kind == OpKind::kDense) layout->runs[i] = {{0}, weights_[i].panels.inner()};
    if (ops[i].kind != OpKind::kConv || ops[i].depthwise()) continue;
    const auto in = static_cast<std::size_t>(ops[i].inputs[0]);
    const auto kernel = static_cast<std::size_t>(ops[i].kernel);
    const auto channels = static_cast<std::size_t>(plan_.shapes()[in].channels);
    const std::size_t padded = channels_of(ops[in], plan_.shapes()[in]);
    const bool joined = padded == channels;  // the places of a window's row follow each other
    Runs& runs = layout->runs[i];
    runs.length = joined ? kernel * channels : channels;
    for (std::size_t y = 0; y < kernel; ++y) {
      for (std::size_t x = 0; x < (joined ? 1 : kernel); ++x)
        runs.offsets.push_back(y * layout->places[in].pitch + x * padded);
    }
    if (bf16 && bert::has_tiles() && channels >= 32)
      layout->tiles[i] =
          make_conv_tiles(weights_[i].panels, kernel, static_cast<std::size_t>(ops[i].stride), channels);
  }
  layout_ = std::move(layout);
  lazy_ = std::make_unique<Lazy>();
}

/// Where it pays: elsewhere the transformations take the time that the products save.
bool ConvNet::has_winograd(std::size_t i) const {
  const ConvOp& op = plan_.ops()[i];
  if (op.kind != OpKind::kConv || op.kernel != 3 || op.stride != 1 || op.groups != 1) return false;
  const MapShape &in = plan_.shape(op.inputs[0]), &out = plan_.shapes()[i];
  return out.height % 2 == 0 && out.width % 2 == 0 && in.channels >= 32 &&
         in.channels % static_cast<int>(kVector) == 0 && out.channels >= 32 &&
         layout_->tiles[i].channels == 0;
}

const std::vector<Winograd>& ConvNet::winograd() const {
  std::call_once(lazy_->once, [&] {
    lazy_->winograd.resize(plan_.ops().size());
    for (std::size_t i = 0; i < plan_.ops().size(); ++i) {
      if (has_winograd(i))
        lazy_->winograd[i] = {weights_[i].panels,
                              static_cast<std::size_t>(plan_.shape(plan_.ops()[i].inputs[0]).channels)};
    }
  });
  return lazy_->winograd;
}

std::size_t ConvNet::workspace_bytes() const {
  std::size_t floats = 0;
  for (const std::size_t slot : layout_->slots) floats += slot;
  std::size_t squares = 0;
  for (std::size_t i = 0; i < plan_.ops().size(); ++i) {
    if (is_row(plan_.ops()[i])) floats += kMostPictures * padded(plan_.shapes()[i].size());
    if (has_winograd(i))
      squares = std::max(squares, Winograd::scratch_size(plan_.inner(static_cast<int>(i)) / 9,
                                                         static_cast<std::size_t>(plan_.ops()[i].channels)));
  }
  floats += squares;
  return floats * sizeof(float);
}

/// One call of run().
class ConvNet::Pass {
 public:
  Pass(const ConvNet& net, Workspace::State& work, std::size_t count)
      : net_(net), plan_(net.plan_), layout_(*net.layout_), work_(work), count_(count) {
    work_.slots.resize(layout_.slots.size());
    work_.rows.resize(plan_.ops().size());
  }

  /// The output of an operation on the picture that is being computed.
  MapView view(std::size_t i) const {
    const MapShape& shape = plan_.shapes()[i];
    if (is_row(plan_.ops()[i])) return {work_.rows[i].row(picture_), 0, 0, shape};
    const Layout::Place& place = layout_.places[i];
    const std::size_t channels = channels_of(plan_.ops()[i], shape);
    const auto before = static_cast<std::size_t>(place.border.before);
    return {work_.slots[place.slot].data() + before * (place.pitch + channels), place.pitch, channels, shape};
  }

  /// The picture that step() computes and view() shows.
  void select(std::size_t picture) { picture_ = picture; }

  void step(std::size_t i) {
    const ConvOp& op = plan_.ops()[i];
    make_room(i);
    switch (op.kind) {
      case OpKind::kPicture:
        break;  // run() fills it
      case OpKind::kConv:
        op.depthwise() ? depthwise(i) : convolution(i);
        break;
      case OpKind::kMaxPool:
      case OpKind::kAveragePool:
        pool(i);
        break;
      case OpKind::kGlobalAverage:
        global_average(i);
        break;
      case OpKind::kConcat:
        concat(i);
        break;
      case OpKind::kLocalNormalization:
        local_normalization(i);
        break;
      case OpKind::kFlatten:
        flatten(i);
        break;
      case OpKind::kDense:
        break;  // dense()
    }
    if (op.activation == Activation::kSoftmax && op.kind != OpKind::kDense) softmax(view(i));
  }

  /// Of all pictures at once.
  void dense(std::size_t i) {
    make_room(i);
    const Matrix& in = work_.rows[input(i)];
    Strip strip = bounds(i);
    strip.in = in.data();
    strip.in_place = in.stride();
    strip.out = work_.rows[i].data();
    strip.out_place = work_.rows[i].stride();
    strip.rows = 1;
    strip.width = count_;
    convolve(strip, layout_.runs[i], net_.weights_[i].panels, net_.weights_[i].bias.data());
    if (plan_.ops()[i].activation != Activation::kSoftmax) return;
    for (picture_ = 0; picture_ < count_; ++picture_) softmax(view(i));
  }

 private:
  std::size_t input(std::size_t i, std::size_t which = 0) const {
    return static_cast<std::size_t>(plan_.ops()[i].inputs[which]);
  }

  /// Memory of the output, zeros in its border.
  void make_room(std::size_t i) {
    if (is_row(plan_.ops()[i])) {
      const std::size_t size = plan_.shapes()[i].size();
      if (work_.rows[i].rows() < count_) work_.rows[i] = Matrix(count_, size);
      return;
    }
    const Layout::Place& place = layout_.places[i];
    std::vector<float>& slot = work_.slots[place.slot];
    slot.resize(layout_.slots[place.slot]);
    const std::size_t channels = channels_of(plan_.ops()[i], plan_.shapes()[i]);
    const auto before = static_cast<std::size_t>(place.border.before),
               behind = static_cast<std::size_t>(place.border.behind);
    if (before + behind == 0) return;
    const auto height = static_cast<std::size_t>(plan_.shapes()[i].height);
    std::fill_n(slot.data(), before * place.pitch, 0.0F);
    for (std::size_t y = before; y < before + height; ++y) {
      float* const row = slot.data() + y * place.pitch;
      std::fill_n(row, before * channels, 0.0F);
      std::fill_n(row + place.pitch - behind * channels, behind * channels, 0.0F);
    }
    std::fill_n(slot.data() + (before + height) * place.pitch, behind * place.pitch, 0.0F);
  }

  Strip bounds(std::size_t i) const {
    constexpr float kMost = std::numeric_limits<float>::max();
    Strip strip;
    const Activation activation = plan_.ops()[i].activation;
    strip.low = activation == Activation::kRelu || activation == Activation::kRelu6 ? 0 : -kMost;
    strip.high = activation == Activation::kRelu6 ? 6 : kMost;
    return strip;
  }

  /// All of the output.
  Strip whole(std::size_t i) const {
    const ConvOp& op = plan_.ops()[i];
    const MapView in = view(input(i)), out = view(i);
    const auto stride = static_cast<std::size_t>(op.stride);
    const auto before = static_cast<std::size_t>(padding_of(op, in.shape.height).before);
    Strip strip = bounds(i);
    strip.in = in.data - before * (in.row + in.place);
    strip.in_row = stride * in.row;
    strip.in_place = stride * in.place;
    strip.out = out.data;
    strip.out_row = out.row;
    strip.out_place = out.place;
    if (op.add >= 0) {
      const MapView add = view(static_cast<std::size_t>(op.add));
      strip.add = add.data;
      strip.add_row = add.row;
      strip.add_place = add.place;
    }
    strip.rows = static_cast<std::size_t>(out.shape.height);
    strip.width = static_cast<std::size_t>(out.shape.width);
    return strip;
  }

  void convolution(std::size_t i) {
    Strip strip = whole(i);
    if (const Winograd& fast = net_.winograd()[i]; !fast.empty())
      return fast(strip, net_.weights_[i].bias.data(), work_.squares);
    const bool one_row = plan_.ops()[i].kernel == 1 && strip.in_row == strip.width * strip.in_place &&
                         strip.out_row == strip.width * strip.out_place &&
                         (strip.add == nullptr || strip.add_row == strip.width * strip.add_place);
    constexpr std::size_t kCached = std::size_t{1} << 17;  // floats that stay in cache over all panels
    if (one_row) {                                         // cut anew
      const std::size_t places = strip.rows * strip.width;
      strip.width = std::min(places, std::max<std::size_t>(1, kCached / 2 / strip.in_place / 14) * 14);
      strip.rows = (places + strip.width - 1) / strip.width;
      strip.in_row = strip.width * strip.in_place;
      strip.out_row = strip.width * strip.out_place;
      strip.add_row = strip.width * strip.add_place;
      for (std::size_t y = 0; y < strip.rows; ++y)
        part(i, strip, y, 1, std::min(strip.width, places - y * strip.width));
      return;
    }
    const std::size_t at_once = std::max<std::size_t>(1, kCached / (strip.in_row + strip.out_row));
    for (std::size_t y = 0; y < strip.rows; y += at_once)
      part(i, strip, y, std::min(at_once, strip.rows - y), strip.width);
  }

  void part(std::size_t i, Strip strip, std::size_t y, std::size_t rows, std::size_t width) {
    strip.in += y * strip.in_row;
    strip.out += y * strip.out_row;
    if (strip.add != nullptr) strip.add += y * strip.add_row;
    strip.rows = rows;
    strip.width = width;
    const OpWeights& weights = net_.weights_[i];
    if (layout_.tiles[i].channels == 0)
      return convolve(strip, layout_.runs[i], weights.panels, weights.bias.data());
    const MapView in = view(input(i));
    convolve_tiles(strip, {in.row, in.place}, layout_.tiles[i], weights.bias.data(), work_.rounded);
  }

  void depthwise(std::size_t i) {
    const ConvOp& op = plan_.ops()[i];
    const MapView in = view(input(i));
    convolve_depthwise(
        whole(i), {static_cast<std::size_t>(op.kernel), static_cast<std::size_t>(op.stride), in.place, in.row,
                   net_.weights_[i].panels.panel(0), net_.weights_[i].bias.data()});
  }

  void pool(std::size_t i) {
    const ConvOp& op = plan_.ops()[i];
    const MapView in = view(input(i)), out = view(i);
    AKIN_ASSERT(in.place == out.place);  // the picture itself, whose channels are no vector, is not pooled
    for (int y = 0; y < out.shape.height; ++y) {
      const int top = std::max(0, y * op.stride - op.pad);
      const int bottom = std::min(in.shape.height, y * op.stride - op.pad + op.kernel);
      for (int x = 0; x < out.shape.width; ++x) {
        const int left = std::max(0, x * op.stride - op.pad);
        const int right = std::min(in.shape.width, x * op.stride - op.pad + op.kernel);
        pool_window({in.at(top, left), in.row, in.place, static_cast<std::size_t>(bottom - top),
                     static_cast<std::size_t>(right - left), out.place},
                    op.kind == OpKind::kMaxPool, out.at(y, x));
      }
    }
  }

  void global_average(std::size_t i) {
    const MapView in = view(input(i)), out = view(i);
    pool_window({in.data, in.row, in.place, static_cast<std::size_t>(in.shape.height),
                 static_cast<std::size_t>(in.shape.width), in.place},
                false, out.data);
  }

  void concat(std::size_t i) {
    const MapView out = view(i);
    std::size_t channel = 0;
    for (std::size_t which = 0; which < plan_.ops()[i].inputs.size(); ++which) {
      const MapView in = view(input(i, which));
      const auto count = static_cast<std::size_t>(in.shape.channels);
      for (int y = 0; y < out.shape.height; ++y) {
        for (int x = 0; x < out.shape.width; ++x) {
          std::copy_n(in.at(y, x), count, out.at(y, x) + channel);
          std::fill(out.at(y, x) + channel + count, out.at(y, x) + out.place, 0.0F);
        }
      }
      channel += count;
    }
  }

  void local_normalization(std::size_t i) {
    const MapView in = view(input(i)), out = view(i);
    const int channels = out.shape.channels;
    for (int p = 0; p < out.shape.height * out.shape.width; ++p) {
      const float* const from = in.at(p / out.shape.width, p % out.shape.width);
      float* const to = out.at(p / out.shape.width, p % out.shape.width);
      for (int c = 0; c < channels; ++c) {
        float squares = 0;
        for (int n = std::max(0, c - 2); n < std::min(channels, c + 3); ++n) squares += from[n] * from[n];
        to[c] = from[c] * std::pow(1 + 1e-4F / 5 * squares, -0.75F);
      }
      std::fill(to + channels, to + out.place, 0.0F);
    }
  }

  void flatten(std::size_t i) {
    const MapView in = view(input(i)), out = view(i);
    const auto channels = static_cast<std::size_t>(in.shape.channels);
    float* to = out.data;
    for (int y = 0; y < in.shape.height; ++y) {
      for (int x = 0; x < in.shape.width; ++x, to += channels) std::copy_n(in.at(y, x), channels, to);
    }
  }

  static void softmax(const MapView& out) {
    float* const x = out.data;
    const std::size_t n = out.shape.size();
    const float most = *std::max_element(x, x + n);
    double sum = 0;
    for (std::size_t c = 0; c < n; ++c) sum += static_cast<double>(x[c] = std::exp(x[c] - most));
    for (std::size_t c = 0; c < n; ++c) x[c] = static_cast<float>(static_cast<double>(x[c]) / sum);
  }

  const ConvNet& net_;
  const ConvPlan& plan_;
  const Layout& layout_;
  Workspace::State& work_;
  std::size_t count_ = 0, picture_ = 0;
};

void ConvNet::run(std::size_t count, int last, Workspace& workspace,
                  const std::function<void(std::size_t i, const MapView& input)>& fill,
                  const std::function<void(std::size_t i, const MapView& output)>& take) const {
  AKIN_ASSERT(count <= kMostPictures);
  Pass pass(*this, *workspace.state_, count);
  const auto end = static_cast<std::size_t>(last);
  std::size_t rows_from = 1;  // the first operation for all pictures at once
  while (rows_from <= end && plan_.ops()[rows_from].kind != OpKind::kDense) ++rows_from;
  for (std::size_t p = 0; p < count; ++p) {
    pass.select(p);
    pass.step(0);
    fill(p, pass.view(0));
    for (std::size_t i = 1; i < rows_from; ++i) pass.step(i);
    if (rows_from > end) take(p, pass.view(end));
  }
  if (rows_from > end) return;
  for (std::size_t i = rows_from; i <= end; ++i) pass.dense(i);
  for (std::size_t p = 0; p < count; ++p) {
    pass.select(p);
    take(p, pass.view(end));
  }
}

}  // namespace akin::nets
