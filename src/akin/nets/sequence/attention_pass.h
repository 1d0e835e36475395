// Sequences on their way through a net of attention or recurrent layers, and back.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/nets/sequence/attention_kernels.h"
#include "akin/nets/sequence/attention_net.h"

namespace akin::attention {

/// Sequences that pass together, one after the other without padding.
struct Chunk {
  std::vector<std::size_t> offsets = {
      0};                           ///< sequence s is tokens [offsets[s], offsets[s + 1]), at most max_length
  std::vector<idx_t> items;         ///< of each token, oldest first
  std::vector<std::int64_t> times;  ///< in seconds, only for kHstu
  std::vector<std::int64_t> next_times;  ///< of what comes after each token, only for kHstu
  std::vector<EventInputs> inputs;       ///< only with NetShape::inputs
  std::vector<std::uint16_t> contexts;   ///< Event::context, only with NetShape::attributes
  std::vector<std::uint32_t> seeds;      ///< of the dropout of each sequence
  std::size_t size() const { return offsets.size() - 1; }
  std::size_t tokens() const { return offsets.back(); }
  void clear();
};

struct PassLayer;    // attention_layers.h
struct PassScratch;  // the same
struct PassWay;      // the same
struct HeadPart;     // the same

/// Holds what backward() needs of forward(). Not for two threads at once.
class Pass {
 public:
  /// `bptt`: of recurrent blocks, RecurrentPass::backward().
  explicit Pass(const NetShape& shape, std::size_t bptt = 0);
  ~Pass();
  Pass(Pass&&) noexcept;

  /// The states after the last layer, a row of Matrix(·, factors).stride() floats for each token, valid until the
  /// next call. State t depends on tokens up to t of its sequence, on their places counted from its end, and, for
  /// kHstu, on times up to next_times[t].
  Rows forward(const Net& net, const Chunk& chunk, const Dropout& dropout);
  /// Adds the gradients of the tensors to `gradients`, given that of each state, which is overwritten by that of
  /// what the first layer reads, positions taken off: add row t to the gradient of item t. For the chunk and the
  /// dropout of the last forward(). `transposed` as transpose_weights() makes them.
  void backward(const Net& net, const std::vector<Matrix>& transposed, Rows states,
                std::vector<Matrix>& gradients);
  /// Of recurrent blocks: the length of the gradient of the loss by the last layer's state at each token, what came back to
  /// it through time included, in the last backward().
  const std::vector<float>& state_gradient_norms() const { return state_gradient_norms_; }

 private:
  std::uint32_t seed(std::size_t token, std::size_t place) const;
  void drop_rows(std::size_t place, Rows rows, std::size_t n) const;
  void forward_sasrec(const Net& net, std::size_t l);
  void forward_ligr(const Net& net, std::size_t l);
  void forward_hstu(const Net& net, std::size_t l);
  void forward_recurrent(const Net& net, std::size_t l);
  void backward_sasrec(const PassWay& way, std::size_t l, Rows dx);
  void backward_ligr(const PassWay& way, std::size_t l, Rows dx);
  void backward_hstu(const PassWay& way, std::size_t l, Rows dx);
  void backward_recurrent(const PassWay& way, std::size_t l, Rows dx);
  void attend(const Net& net, std::size_t l);
  void attend_head(const Net& net, std::size_t l, const HeadPart& part);
  void weigh(const Net& net, std::size_t l, const HeadPart& part, std::size_t row);
  void attend_back(const PassWay& way, std::size_t l);
  void attend_head_back(const PassWay& way, std::size_t l, const HeadPart& part);
  void weigh_back(const PassWay& way, std::size_t l, const HeadPart& part, std::size_t row);
  template <typename Visit>
  void each_head(std::size_t l, const Visit& visit);
  float attention_scale() const;
  void find_buckets();
  void read(const Net& net);
  void read_back(const Net& net, Rows slopes, std::vector<Matrix>& gradients) const;

  NetShape shape_;
  std::size_t bptt_;
  const Chunk* chunk_ = nullptr;
  Dropout dropout_;
  std::vector<std::uint32_t> token_seeds_;
  std::vector<float> state_gradient_norms_;
  std::vector<PassLayer> layers_;  // one more than the net has: the last holds what comes out
  std::unique_ptr<PassScratch> scratch_;
};

}  // namespace akin::attention
