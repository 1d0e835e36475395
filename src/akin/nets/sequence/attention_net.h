// A causal net over items, of attention or recurrent layers: its shape and its weights.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/linalg/matrix.h"
#include "akin/nets/sequence/recurrent_pass.h"

namespace akin::attention {

/// How a block of the net makes x, the states of a sequence, anew. LN is a layer norm, MHA(q, k, v) multi-head
/// attention with projections, silu(z) = z sigma(z).
enum class BlockKind {
  /// Kang & McAuley 2018: q = LN x;  x = q + MHA(q, x, x);  x = LN x + FFN(LN x), FFN with relu, inner size d
  kSasrec,
  /// eSASRec: x += sigma(G1 x) MHA(LN x);  x += sigma(G2 x) W3 (silu(Wa y) Wb y), y = LN x, inner size 4 d
  kLigr,
  /// Zhai et al. 2024: u, q, k, v = silu(W LN x);  x += Wo (u LN(A v)),
  /// A_ij = silu(q_i k_j + time bias(t_{i+1} - t_j) + position bias(i - j)) / max_length
  kHstu,
  kRnn,   ///< x_t = RecurrentCell::kRnn of x_t and of what it gave at t - 1
  kLstm,  ///< the same with RecurrentCell::kLstm
};
inline bool is_recurrent(BlockKind block) { return block == BlockKind::kRnn || block == BlockKind::kLstm; }
RecurrentCell cell_of(BlockKind block);
/// "sasrec", "ligr", "hstu", "rnn" or "lstm".
BlockKind parse_block(std::string_view name);

/// An attribute of events that a net reads: a digit of Event::context. Each of its values has a learned vector but code 0,
/// nothing known.
struct AttributeInput {
  std::uint32_t stride = 1, size = 1;  ///< ContextColumn
  std::uint32_t code(std::uint16_t context) const { return context / stride % size; }
  friend bool operator==(const AttributeInput&, const AttributeInput&) = default;
};

/// Sizes of a net.
struct NetShape {
  BlockKind block = BlockKind::kLigr;
  std::size_t factors = 64, layers = 1, heads = 1;
  std::size_t max_length = 50;  ///< items that it looks back on
  bool positions = true;        ///< adds a learned vector for the place, counted from the last item
  std::uint32_t inputs = 0;     ///< what else is known of an event, as learned vectors: InputBits
  std::vector<AttributeInput> attributes = {};  ///< the same
  friend bool operator==(const NetShape&, const NetShape&) = default;
  std::size_t head_size() const { return factors / heads; }
};

/// Gaps of time fall into buckets: floor(log2(max(1, seconds))).
inline constexpr std::size_t kTimeBuckets = 64;
std::uint8_t time_bucket(std::int64_t seconds);

/// What may be added to the vector of an item that is read.
enum InputBits : std::uint32_t {
  kGapInput = 1,      ///< the bucket of the time to what comes next
  kHourInput = 2,     ///< the hour of what comes next, UTC
  kWeekdayInput = 4,  ///< its day of the week, UTC
  kKindInput = 8,     ///< what was done: EventKind
};
/// What a net is to read beside items.
struct InputChoice {
  std::uint32_t bits = 0;               ///< InputBits
  std::vector<std::string> attributes;  ///< of events, by name
};
/// Names separated by commas: gap, hour, weekday, kind, others are attributes; "" = none. Throws Error(kUsage) for a name
/// that is given twice or missing.
InputChoice parse_inputs(std::string_view text);

/// Rows of the tensor "inputs" that an event adds, kNoInput = none.
using EventInputs = std::array<std::uint8_t, 4>;
inline constexpr std::uint8_t kNoInput = 255;
inline constexpr std::size_t kInputRows = kTimeBuckets + 24 + 7 + 5;
/// `kind` as EventKind, or negative if it is not known; times in seconds.
EventInputs inputs_of(std::uint32_t inputs, std::int64_t time, std::int64_t next_time, int kind);

/// The tensors of a layer in their order; weights are (in, out), all others one row.
enum LayerTensor : std::size_t {
  kGain1,
  kShift1,
  kQuery,
  kQueryBias,
  kKey,
  kKeyBias,
  kValue,
  kValueBias,
  kOut,
  kOutBias,
  kGain2,
  kShift2,
  kCommonTensors,
  // sasrec:
  kUp = kCommonTensors,
  kUpBias,
  kDown,
  kDownBias,
  kSasrecTensors,
  // ligr:
  kGate1 = kCommonTensors,
  kGate1Bias,
  kSilu,
  kLinear,
  kInnerOut,
  kGate2,
  kGate2Bias,
  kLigrTensors,
  // hstu:
  kU = kCommonTensors,
  kUBias,
  kTimeBias,      ///< (1, kTimeBuckets)
  kPositionBias,  ///< (1, max_length): of distance i - j in column max_length - 1 - (i - j)
  kHstuTensors,
  // rnn and lstm, which have none of the common ones: RecurrentWeights
  kCellInput = 0,
  kCellRecurrent,
  kCellBias,
  kCellTensors,
};

struct TensorSpec {
  std::string name;
  std::size_t rows, cols;
  enum Start {
    kZero,
    kOne,
    kXavier,
    kGates,   ///< kXavier of each gate, zeros in the padding
    kForget,  ///< an open forget gate: ones in the second block of padded(factors), else zeros
  } start;
};

/// The weights beside the item table: layer by layer, then the final norm of kSasrec (gain, shift), then the
/// positions (max_length, factors), row p for the p-th item from the end, then the inputs (kInputRows, factors), then the
/// attributes, a row for each value of one after the other. These begin at zero, so that a value without training events
/// adds nothing.
std::vector<TensorSpec> tensor_specs(const NetShape& shape);

/// A net with its item table.
struct Net {
  NetShape shape;
  Matrix items;                 ///< (n_items, factors), read at both ends
  std::vector<Matrix> tensors;  ///< as tensor_specs() says

  /// The tensor of a layer.
  const Matrix& at(std::size_t layer, std::size_t tensor) const { return tensors[index(layer, tensor)]; }
  std::size_t index(std::size_t layer, std::size_t tensor) const;
  std::size_t final_gain() const { return index(shape.layers, 0); }
  std::size_t positions() const;
  std::size_t inputs() const { return positions() + (shape.positions ? 1 : 0); }
  std::size_t attributes() const { return inputs() + (shape.inputs != 0 ? 1 : 0); }
  Net clone() const;
};

/// Weights and item vectors uniform in +- sqrt(6 / (rows + columns)) (Glorot & Bengio 2010), each tensor and each item from a
/// stream of the seed of its own; norms 1, biases 0. Attributes, and in kHstu positions and inputs, begin at 0.
Net initial_net(const NetShape& shape, std::size_t n_items, std::uint64_t seed);
/// A map (rows, cols) drawn in the same way, from a stream of its own.
Matrix initial_map(std::size_t rows, std::size_t cols, std::uint64_t seed);

/// add(row): for each row of Net::attributes() that an event of this context adds.
template <typename Add>
void each_attribute_row(const std::vector<AttributeInput>& attributes, std::uint16_t context,
                        const Add& add) {
  std::size_t first = 0;
  for (const AttributeInput& attribute : attributes) {
    const std::uint32_t code = attribute.code(context);
    if (code != 0) add(first + code);
    first += attribute.size;
  }
}
/// The tensors of `from` in place of those of `to`, which may have more values of attributes: they stay as they are.
void take_tensors(const Net& from, Net& to);

/// Zeros of the tensors' shapes.
std::vector<Matrix> zeros_like(const std::vector<Matrix>& tensors);
/// Of each weight matrix that a gradient passes through backwards, the transpose; the others stay empty.
void transpose_weights(const Net& net, std::vector<Matrix>& transposed);

}  // namespace akin::attention
