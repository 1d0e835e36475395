#include "akin/nets/sequence/attention_pass.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"
#include "akin/nets/sequence/attention_layers.h"

namespace akin::attention {
namespace {

/// out <- in W + bias
void dense(const Matrix& in, std::size_t n, const Matrix& weights, const Matrix* bias, Matrix& out) {
  make_room(out, n, weights.cols());
  if (bias != nullptr) {
    for (std::size_t r = 0; r < n; ++r) std::copy_n(bias->row(0), out.stride(), out.row(r));
  }
  multiply({as_is(in), n, weights.rows(), whole(weights), out.stride()},
           bias != nullptr ? Write::kAdd : Write::kStore, rows_of(out));
}

/// From dout to the gradients of weights and bias (unless nullptr), and to din.
struct DenseBack {
  const Matrix& transposed;
  Matrix& weights;
  Matrix* bias;
};
void dense_back(const DenseBack& to, const Matrix& in, std::size_t n, Rows dout, Write write, Rows din) {
  const std::size_t out = to.weights.cols();
  multiply({transposed(in), to.weights.rows(), n, {dout.data, dout.stride}, padded(out)}, Write::kAdd,
           rows_of(to.weights));
  if (to.bias != nullptr) add_rows(dout, n, padded(out), to.bias->row(0));
  multiply({{dout.data, dout.stride, 1}, n, out, whole(to.transposed), padded(to.weights.rows())}, write,
           din);
}

void add(Rows from, std::size_t n, std::size_t width, Rows to) {
  for (std::size_t r = 0; r < n; ++r) axpy(1, from[r], to[r], width);
}
void copy(Rows from, std::size_t n, std::size_t width, Rows to) {
  for (std::size_t r = 0; r < n; ++r) std::copy_n(from[r], width, to[r]);
}

void norm_rows(const Net& net, std::size_t tensor, const Matrix& x, std::vector<NormStats>& stats,
               Matrix& out) {
  for (std::size_t r = 0; r < stats.size(); ++r)
    stats[r] = layer_norm({net.tensors[tensor].row(0), net.tensors[tensor + 1].row(0), x.cols()}, x.row(r),
                          out.row(r));
}

/// Adds to dx.
void norm_rows_back(const Net& net, std::size_t tensor, std::vector<Matrix>& gradients, const Matrix& x,
                    const std::vector<NormStats>& stats, Rows dy, Rows dx) {
  for (std::size_t r = 0; r < stats.size(); ++r) {
    layer_norm_backward({net.tensors[tensor].row(0), net.tensors[tensor + 1].row(0), x.cols()}, stats[r],
                        x.row(r), dy[r], {dx[r], gradients[tensor].row(0), gradients[tensor + 1].row(0)});
  }
}

DenseBack back_of(const std::vector<Matrix>& transposed, std::vector<Matrix>& gradients, std::size_t tensor,
                  bool bias = true) {
  return {transposed[tensor], gradients[tensor], bias ? &gradients[tensor + 1] : nullptr};
}

}  // namespace

void Chunk::clear() {
  offsets.assign(1, 0);
  items.clear();
  times.clear();
  next_times.clear();
  inputs.clear();
  contexts.clear();
  seeds.clear();
}

Pass::Pass(const NetShape& shape, std::size_t bptt)
    : shape_(shape), bptt_(bptt), layers_(shape.layers + 1), scratch_(std::make_unique<PassScratch>()) {
  for (std::size_t l = 0; l < shape.layers && is_recurrent(shape.block); ++l)
    layers_[l].recurrent.emplace(cell_of(shape.block), shape.factors);
}
Pass::~Pass() = default;
Pass::Pass(Pass&&) noexcept = default;

std::uint32_t Pass::seed(std::size_t token, std::size_t place) const {
  return place_seed(token_seeds_[token], place);
}

void Pass::drop_rows(std::size_t place, Rows rows, std::size_t n) const {
  if (!dropout_.on()) return;
  for (std::size_t t = 0; t < chunk_->tokens(); ++t) drop(dropout_, seed(t, place), rows[t], n);
}

Rows Pass::forward(const Net& net, const Chunk& chunk, const Dropout& dropout) {
  AKIN_ASSERT(net.shape == shape_);
  chunk_ = &chunk;
  dropout_ = dropout;
  const std::size_t n = chunk.tokens(), d = shape_.factors;
  token_seeds_.assign(n, 0);
  for (PassLayer& layer : layers_) {
    make_room(layer.x, n, d);
    if (is_recurrent(shape_.block)) continue;
    layer.norm1.resize(n);
    layer.norm2.resize(n);
    for (Matrix* const matrix : {&layer.a, &layer.mixed, &layer.x1, &layer.y}) make_room(*matrix, n, d);
  }
  read(net);
  drop_rows(0, rows_of(layers_[0].x), layers_[0].x.stride());
  if (shape_.block == BlockKind::kHstu) find_buckets();
  for (std::size_t l = 0; l < shape_.layers; ++l) {
    if (is_recurrent(shape_.block)) {
      forward_recurrent(net, l);
      continue;
    }
    norm_rows(net, net.index(l, kGain1), layers_[l].x, layers_[l].norm1, layers_[l].a);
    if (shape_.block == BlockKind::kSasrec) forward_sasrec(net, l);
    if (shape_.block == BlockKind::kLigr) forward_ligr(net, l);
    if (shape_.block == BlockKind::kHstu) forward_hstu(net, l);
  }
  PassLayer& last = layers_.back();
  if (shape_.block != BlockKind::kSasrec) return rows_of(last.x);
  norm_rows(net, net.final_gain(), last.x, last.norm1, last.a);
  return rows_of(last.a);
}

void Pass::backward(const Net& net, const std::vector<Matrix>& transposed, Rows states,
                    std::vector<Matrix>& gradients) {
  const std::size_t n = chunk_->tokens(), width = padded(shape_.factors);
  PassScratch& work = *scratch_;
  for (Matrix* const matrix :
       {&work.dx1, &work.da, &work.dq, &work.dk, &work.dv, &work.du, &work.dmixed, &work.dout, &work.dgate})
    make_room(*matrix, n, shape_.factors);
  if (shape_.block == BlockKind::kSasrec) {
    clear_rows(work.dx1, n);
    norm_rows_back(net, net.final_gain(), gradients, layers_.back().x, layers_.back().norm1, states,
                   rows_of(work.dx1));
    copy(rows_of(work.dx1), n, width, states);
  }
  const PassWay way{net, transposed, gradients};
  for (std::size_t l = shape_.layers; l-- > 0;) {
    if (is_recurrent(shape_.block)) {
      backward_recurrent(way, l, states);
      continue;
    }
    if (shape_.block == BlockKind::kSasrec) backward_sasrec(way, l, states);
    if (shape_.block == BlockKind::kLigr) backward_ligr(way, l, states);
    if (shape_.block == BlockKind::kHstu) backward_hstu(way, l, states);
    norm_rows_back(net, net.index(l, kGain1), gradients, layers_[l].x, layers_[l].norm1, rows_of(work.da),
                   states);
  }
  drop_rows(0, states, width);
  read_back(net, states, gradients);
}

/// What the first layer reads.
void Pass::read(const Net& net) {
  const Chunk& chunk = *chunk_;
  Matrix& x = layers_[0].x;
  AKIN_ASSERT(shape_.inputs == 0 || chunk.inputs.size() == chunk.tokens());
  AKIN_ASSERT(shape_.attributes.empty() || chunk.contexts.size() == chunk.tokens());
  for (std::size_t s = 0; s < chunk.size(); ++s) {
    AKIN_ASSERT(chunk.offsets[s + 1] - chunk.offsets[s] <= shape_.max_length);
    for (std::size_t t = chunk.offsets[s]; t < chunk.offsets[s + 1]; ++t) {
      if (dropout_.on()) token_seeds_[t] = token_seed(chunk.seeds[s], t - chunk.offsets[s]);
      std::copy_n(net.items.row(chunk.items[t]), x.stride(), x.row(t));
      const auto add = [&](std::size_t tensor, std::size_t row) {
        axpy(1, net.tensors[tensor].row(row), x.row(t), x.stride());
      };
      if (shape_.positions) add(net.positions(), chunk.offsets[s + 1] - 1 - t);
      if (!shape_.attributes.empty())
        each_attribute_row(shape_.attributes, chunk.contexts[t],
                           [&](std::size_t row) { add(net.attributes(), row); });
      if (shape_.inputs == 0) continue;
      for (const std::uint8_t row : chunk.inputs[t]) {
        if (row != kNoInput) add(net.inputs(), row);
      }
    }
  }
}

void Pass::read_back(const Net& net, Rows slopes, std::vector<Matrix>& gradients) const {
  const std::size_t width = padded(shape_.factors);
  for (std::size_t s = 0; s < chunk_->size(); ++s) {
    for (std::size_t t = chunk_->offsets[s]; t < chunk_->offsets[s + 1]; ++t) {
      const auto add = [&](std::size_t tensor, std::size_t row) {
        axpy(1, slopes[t], gradients[tensor].row(row), width);
      };
      if (shape_.positions) add(net.positions(), chunk_->offsets[s + 1] - 1 - t);
      if (!shape_.attributes.empty())
        each_attribute_row(shape_.attributes, chunk_->contexts[t],
                           [&](std::size_t row) { add(net.attributes(), row); });
      if (shape_.inputs == 0) continue;
      for (const std::uint8_t row : chunk_->inputs[t]) {
        if (row != kNoInput) add(net.inputs(), row);
      }
    }
  }
}

void Pass::forward_sasrec(const Net& net, std::size_t l) {
  PassLayer& at = layers_[l];
  const std::size_t n = chunk_->tokens();
  const auto w = [&](std::size_t tensor) -> const Matrix& { return net.at(l, tensor); };
  dense(at.a, n, w(kQuery), &w(kQueryBias), at.q);
  dense(at.x, n, w(kKey), &w(kKeyBias), at.k);
  dense(at.x, n, w(kValue), &w(kValueBias), at.v);
  attend(net, l);
  dense(at.mixed, n, w(kOut), &w(kOutBias), at.x1);
  add(rows_of(at.a), n, at.a.stride(), rows_of(at.x1));
  norm_rows(net, net.index(l, kGain2), at.x1, at.norm2, at.y);
  dense(at.y, n, w(kUp), &w(kUpBias), at.up);
  for (std::size_t t = 0; t < n; ++t) relu(at.up.row(t), at.up.stride());
  drop_rows(place_of(shape_, l, kInnerPlace), rows_of(at.up), at.up.stride());
  Matrix& next = layers_[l + 1].x;
  dense(at.up, n, w(kDown), &w(kDownBias), next);
  drop_rows(place_of(shape_, l, kInnerOutPlace), rows_of(next), next.stride());
  add(rows_of(at.y), n, at.y.stride(), rows_of(next));
}

/// From dx, the gradient of what the layer gives, to work.da and to dx, that of what it reads beside LN x.
void Pass::backward_sasrec(const PassWay& way, std::size_t l, Rows dx) {
  PassLayer& at = layers_[l];
  PassScratch& work = *scratch_;
  const std::size_t n = chunk_->tokens(), width = padded(shape_.factors);
  const auto to = [&](std::size_t tensor) {
    return back_of(way.transposed, way.gradients, way.net.index(l, tensor));
  };
  copy(dx, n, width, rows_of(work.dout));
  drop_rows(place_of(shape_, l, kInnerOutPlace), rows_of(work.dout), width);
  dense_back(to(kDown), at.up, n, rows_of(work.dout), Write::kStore, rows_of(work.dgate));
  drop_rows(place_of(shape_, l, kInnerPlace), rows_of(work.dgate), width);
  for (std::size_t t = 0; t < n; ++t) relu_backward(at.up.row(t), work.dgate.row(t), width);
  dense_back(to(kUp), at.y, n, rows_of(work.dgate), Write::kAdd, dx);
  clear_rows(work.da, n);
  norm_rows_back(way.net, way.net.index(l, kGain2), way.gradients, at.x1, at.norm2, dx, rows_of(work.da));
  dense_back(to(kOut), at.mixed, n, rows_of(work.da), Write::kStore, rows_of(work.dmixed));
  attend_back(way, l);
  dense_back(to(kQuery), at.a, n, rows_of(work.dq), Write::kAdd, rows_of(work.da));
  dense_back(to(kKey), at.x, n, rows_of(work.dk), Write::kStore, dx);
  dense_back(to(kValue), at.x, n, rows_of(work.dv), Write::kAdd, dx);
}

void Pass::forward_ligr(const Net& net, std::size_t l) {
  PassLayer& at = layers_[l];
  const std::size_t n = chunk_->tokens();
  const auto w = [&](std::size_t tensor) -> const Matrix& { return net.at(l, tensor); };
  dense(at.a, n, w(kQuery), &w(kQueryBias), at.q);
  dense(at.a, n, w(kKey), &w(kKeyBias), at.k);
  dense(at.a, n, w(kValue), &w(kValueBias), at.v);
  attend(net, l);
  dense(at.mixed, n, w(kOut), &w(kOutBias), at.out);
  drop_rows(place_of(shape_, l, kAttentionOut), rows_of(at.out), at.out.stride());
  dense(at.x, n, w(kGate1), &w(kGate1Bias), at.gate1);
  const std::size_t width = at.x.stride();
  copy(rows_of(at.x), n, width, rows_of(at.x1));
  for (std::size_t t = 0; t < n; ++t) {
    sigmoid(at.gate1.row(t), width);
    add_times(at.gate1.row(t), at.out.row(t), at.x1.row(t), width);
  }
  norm_rows(net, net.index(l, kGain2), at.x1, at.norm2, at.y);
  dense(at.y, n, w(kSilu), nullptr, at.up);
  dense(at.y, n, w(kLinear), nullptr, at.linear);
  make_room(at.hidden, n, at.up.cols());
  for (std::size_t t = 0; t < n; ++t) {
    silu(1, at.up.row(t), at.hidden.row(t), at.up.stride());
    times(at.hidden.row(t), at.linear.row(t), at.hidden.row(t), at.up.stride());
  }
  drop_rows(place_of(shape_, l, kInnerPlace), rows_of(at.hidden), at.hidden.stride());
  dense(at.hidden, n, w(kInnerOut), nullptr, at.out2);
  drop_rows(place_of(shape_, l, kInnerOutPlace), rows_of(at.out2), width);
  dense(at.x1, n, w(kGate2), &w(kGate2Bias), at.gate2);
  Matrix& next = layers_[l + 1].x;
  copy(rows_of(at.x1), n, width, rows_of(next));
  for (std::size_t t = 0; t < n; ++t) {
    sigmoid(at.gate2.row(t), width);
    add_times(at.gate2.row(t), at.out2.row(t), next.row(t), width);
  }
}

void Pass::backward_ligr(const PassWay& way, std::size_t l, Rows dx) {
  PassLayer& at = layers_[l];
  PassScratch& work = *scratch_;
  const std::size_t n = chunk_->tokens(), width = padded(shape_.factors), inner = at.up.stride();
  const auto to = [&](std::size_t tensor, bool bias = true) {
    return back_of(way.transposed, way.gradients, way.net.index(l, tensor), bias);
  };
  const auto gate_back = [&](const Matrix& gate, const Matrix& out) {
    for (std::size_t t = 0; t < n; ++t) {
      times(dx[t], out.row(t), work.dgate.row(t), width);
      sigmoid_backward(gate.row(t), work.dgate.row(t), width);
      times(dx[t], gate.row(t), work.dout.row(t), width);
    }
  };
  gate_back(at.gate2, at.out2);
  dense_back(to(kGate2), at.x1, n, rows_of(work.dgate), Write::kAdd, dx);
  drop_rows(place_of(shape_, l, kInnerOutPlace), rows_of(work.dout), width);
  for (Matrix* const matrix : {&work.dwide1, &work.dwide2, &work.wide}) make_room(*matrix, n, at.up.cols());
  dense_back(to(kInnerOut, false), at.hidden, n, rows_of(work.dout), Write::kStore, rows_of(work.dwide1));
  drop_rows(place_of(shape_, l, kInnerPlace), rows_of(work.dwide1), inner);
  for (std::size_t t = 0; t < n; ++t) {
    silu(1, at.up.row(t), work.wide.row(t), inner);
    times(work.dwide1.row(t), work.wide.row(t), work.dwide2.row(t), inner);
    times(work.dwide1.row(t), at.linear.row(t), work.dwide1.row(t), inner);
    silu_backward(1, at.up.row(t), work.dwide1.row(t), inner);
  }
  dense_back(to(kSilu, false), at.y, n, rows_of(work.dwide1), Write::kStore, rows_of(work.da));
  dense_back(to(kLinear, false), at.y, n, rows_of(work.dwide2), Write::kAdd, rows_of(work.da));
  norm_rows_back(way.net, way.net.index(l, kGain2), way.gradients, at.x1, at.norm2, rows_of(work.da), dx);
  gate_back(at.gate1, at.out);
  dense_back(to(kGate1), at.x, n, rows_of(work.dgate), Write::kAdd, dx);
  drop_rows(place_of(shape_, l, kAttentionOut), rows_of(work.dout), width);
  dense_back(to(kOut), at.mixed, n, rows_of(work.dout), Write::kStore, rows_of(work.dmixed));
  attend_back(way, l);
  dense_back(to(kQuery), at.a, n, rows_of(work.dq), Write::kStore, rows_of(work.da));
  dense_back(to(kKey), at.a, n, rows_of(work.dk), Write::kAdd, rows_of(work.da));
  dense_back(to(kValue), at.a, n, rows_of(work.dv), Write::kAdd, rows_of(work.da));
}

void Pass::forward_hstu(const Net& net, std::size_t l) {
  PassLayer& at = layers_[l];
  const std::size_t n = chunk_->tokens(), width = padded(shape_.factors);
  const auto w = [&](std::size_t tensor) -> const Matrix& { return net.at(l, tensor); };
  const auto project = [&](std::size_t tensor, Matrix& raw, Matrix& out) {
    dense(at.a, n, w(tensor), &w(tensor + 1), raw);
    make_room(out, n, shape_.factors);
    for (std::size_t t = 0; t < n; ++t) silu(1, raw.row(t), out.row(t), width);
  };
  project(kQuery, at.raw_q, at.q);
  project(kKey, at.raw_k, at.k);
  project(kValue, at.raw_v, at.v);
  project(kU, at.raw_u, at.u);
  attend(net, l);
  norm_rows(net, net.index(l, kGain2), at.mixed, at.norm2, at.y);
  make_room(at.hidden, n, shape_.factors);
  for (std::size_t t = 0; t < n; ++t) times(at.u.row(t), at.y.row(t), at.hidden.row(t), width);
  drop_rows(place_of(shape_, l, kInnerPlace), rows_of(at.hidden), width);
  Matrix& next = layers_[l + 1].x;
  dense(at.hidden, n, w(kOut), &w(kOutBias), next);
  add(rows_of(at.x), n, width, rows_of(next));
}

void Pass::backward_hstu(const PassWay& way, std::size_t l, Rows dx) {
  PassLayer& at = layers_[l];
  PassScratch& work = *scratch_;
  const std::size_t n = chunk_->tokens(), width = padded(shape_.factors);
  const auto to = [&](std::size_t tensor) {
    return back_of(way.transposed, way.gradients, way.net.index(l, tensor));
  };
  dense_back(to(kOut), at.hidden, n, dx, Write::kStore, rows_of(work.dout));
  drop_rows(place_of(shape_, l, kInnerPlace), rows_of(work.dout), width);
  for (std::size_t t = 0; t < n; ++t) {
    times(work.dout.row(t), at.y.row(t), work.du.row(t), width);
    times(work.dout.row(t), at.u.row(t), work.dgate.row(t), width);
  }
  clear_rows(work.dmixed, n);
  norm_rows_back(way.net, way.net.index(l, kGain2), way.gradients, at.mixed, at.norm2, rows_of(work.dgate),
                 rows_of(work.dmixed));
  attend_back(way, l);
  const auto project_back = [&](std::size_t tensor, const Matrix& raw, Matrix& slope, Write write) {
    for (std::size_t t = 0; t < n; ++t) silu_backward(1, raw.row(t), slope.row(t), width);
    dense_back(to(tensor), at.a, n, rows_of(slope), write, rows_of(work.da));
  };
  project_back(kQuery, at.raw_q, work.dq, Write::kStore);
  project_back(kKey, at.raw_k, work.dk, Write::kAdd);
  project_back(kValue, at.raw_v, work.dv, Write::kAdd);
  project_back(kU, at.raw_u, work.du, Write::kAdd);
}

void Pass::forward_recurrent(const Net& net, std::size_t l) {
  Matrix& next = layers_[l + 1].x;
  const std::size_t n = chunk_->tokens(), width = next.stride();
  const Rows states =
      layers_[l].recurrent->forward({net.at(l, kCellInput), net.at(l, kCellRecurrent), net.at(l, kCellBias)},
                                    rows_of(layers_[l].x), chunk_->offsets);
  copy(states, n, width, rows_of(next));
  drop_rows(place_of(shape_, l, kInnerOutPlace), rows_of(next), width);
}

void Pass::backward_recurrent(const PassWay& way, std::size_t l, Rows dx) {
  const std::size_t n = chunk_->tokens(), width = padded(shape_.factors),
                    first = way.net.index(l, kCellInput);
  const auto weights_of = [&](const std::vector<Matrix>& tensors) {
    return RecurrentWeights{tensors[first], tensors[first + 1], tensors[first + 2]};
  };
  drop_rows(place_of(shape_, l, kInnerOutPlace), dx, width);
  layers_[l].recurrent->backward(weights_of(way.net.tensors), weights_of(way.transposed), bptt_, dx,
                                 {way.gradients[first], way.gradients[first + 1], way.gradients[first + 2]},
                                 rows_of(scratch_->da));
  if (l + 1 == shape_.layers) {
    state_gradient_norms_.resize(n);
    for (std::size_t t = 0; t < n; ++t) state_gradient_norms_[t] = std::sqrt(dot(dx[t], dx[t], width));
  }
  copy(rows_of(scratch_->da), n, width, dx);
}

}  // namespace akin::attention
