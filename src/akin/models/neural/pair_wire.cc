#include "akin/models/neural/pair_wire.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "akin/base/error.h"
#include "akin/base/hash.h"
#include "akin/base/text.h"

namespace akin {
namespace {

static_assert(std::endian::native == std::endian::little, "the messages' byte order");

constexpr std::string_view kProtocol = "akin pairs, protocol 1";
constexpr std::uint64_t kNone = ~std::uint64_t{0};

struct RequestHead {
  std::uint64_t done = kNone;
  double loss = 0;
  std::uint32_t users = 0, items = 0, wanted_users = 0, wanted_items = 0;
};
struct ReplyHead {
  std::uint64_t next = kNone;
  std::int32_t epoch = 0;
  std::uint32_t over = 0;
};
static_assert(sizeof(RequestHead) % 8 == 0 && sizeof(ReplyHead) % 8 == 0, "floats after it are aligned to 8");

void append(const void* data, std::size_t bytes, std::vector<std::byte>& out) {
  const auto* const begin = static_cast<const std::byte*>(data);
  out.insert(out.end(), begin, begin + bytes);
}

/// Takes a message apart from its beginning.
struct Rest {
  std::span<const std::byte> bytes;
  template <typename T>
  const T* take(std::size_t n) {
    const auto* const values = reinterpret_cast<const T*>(bytes.data());
    bytes = bytes.subspan(n * sizeof(T));
    return values;
  }
};

[[noreturn]] void fail_malformed() {
  fail(ErrorCode::kBadData, "a message that makes no sense came; is that another program?");
}

std::string printable(std::string_view text) {
  std::string result(text.substr(0, 100));
  std::ranges::replace_if(
      result, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return result;
}

}  // namespace

std::string pair_hello(const Csr& pairs, const PairOptimizers& optimizers, std::uint64_t seed) {
  const PairTrainOptions& options = optimizers.options;
  const PairShape& shape = optimizers.net.shape;
  std::uint64_t hash = hash_bytes(pairs.offsets.data(), pairs.offsets.size() * sizeof(pairs.offsets[0]));
  hash = hash_bytes(pairs.indices.data(), pairs.indices.size() * sizeof(idx_t), hash);
  hash = hash_bytes(pairs.values.data(), pairs.values.size() * sizeof(float), hash);
  std::string text = fmt::format("{}\nmodel={}\nusers={}\nitems={}\npairs={}\nhash of the pairs={:016x}\n",
                                 kProtocol, options.model, pairs.rows(), pairs.cols, pairs.entries(), hash);
  text += fmt::format("factors={}\nembedding={}\nlayers={}\nseed={}\nepochs={}\nbatch={}\nnegatives={}\n",
                      shape.product, shape.embedding, fmt::join(shape.layers, ","), seed, optimizers.epochs,
                      options.batch, options.negatives);
  text += fmt::format("loss={}\ndropout={}\nregularization={}\nlayers_regularization={}\n",
                      static_cast<int>(options.objective.loss), options.objective.drop,
                      options.objective.regularization, options.objective.layers_regularization);
  return text + fmt::format("schedule={}\nlazy={}\noptimizer={}\nlearning_rate={}\n",
                            options.linear ? "linear" : "constant", options.lazy,
                            static_cast<int>(options.optimizer.rule), options.optimizer.learning_rate);
}

std::string hello_difference(std::string_view replica, std::string_view server) {
  const auto theirs = split(replica, '\n'), ours = split(server, '\n');
  if (theirs.empty() || theirs[0] != ours[0])
    return "it does not speak this version's protocol; is it another program, or another akin?";
  for (std::size_t k = 1; k < std::max(theirs.size(), ours.size()); ++k) {
    if (k >= theirs.size() || k >= ours.size()) return "what it is to train is not told in full";
    if (theirs[k] == ours[k]) continue;
    const std::size_t equals = ours[k].find('=');
    return printable(
        fmt::format("{} is {} in the replica, {} in the server; give both the same data, flags and seed",
                    ours[k].substr(0, equals), theirs[k].substr(std::min(theirs[k].size(), equals + 1)),
                    ours[k].substr(equals + 1)));
  }
  return "";
}

PairWire::PairWire(const PairNet& net, std::size_t batch)
    : n_users_(net.users.rows()), n_items_(net.items.rows()), stride_(net.users.stride()), batch_(batch) {
  for (const Matrix* const matrix : net.dense()) dense_.push_back(matrix->rows() * matrix->stride());
  request_limit_ = sizeof(RequestHead) + (2 * batch * stride_ + dense_floats()) * sizeof(float) +
                   4 * batch * sizeof(idx_t);
  if (request_limit_ > std::numeric_limits<std::uint32_t>::max())
    fail(ErrorCode::kUsage, "a minibatch of {} pairs with its layers is over 4 GiB; take a smaller batch",
         batch);
}

std::size_t PairWire::dense_floats() const {
  return std::accumulate(dense_.begin(), dense_.end(), std::size_t{0});
}

void PairWire::put_gradients(std::size_t number, const PairGradients& gradients) {
  out_.clear();
  begun_ = true;
  const RequestHead head{.done = number,
                         .loss = gradients.loss,
                         .users = static_cast<std::uint32_t>(gradients.users.size()),
                         .items = static_cast<std::uint32_t>(gradients.items.size())};
  append(&head, sizeof(head), out_);
  for (const auto* const rows : {&gradients.users, &gradients.items}) {
    for (const RowGradient& row : *rows) append(row.gradient, stride_ * sizeof(float), out_);
  }
  for (std::size_t d = 0; d < dense_.size(); ++d) append(gradients.dense[d], dense_[d] * sizeof(float), out_);
  for (const auto* const rows : {&gradients.users, &gradients.items}) {
    for (const RowGradient& row : *rows) append(&row.row, sizeof(row.row), out_);
  }
}

std::span<const std::byte> PairWire::request(const PairCopies* wanted) {
  RequestHead head;
  if (!begun_) {
    out_.clear();
    append(&head, sizeof(head), out_);
  }
  begun_ = false;
  std::memcpy(&head, out_.data(), sizeof(head));
  if (wanted) {
    head.wanted_users = static_cast<std::uint32_t>(wanted->users.size());
    head.wanted_items = static_cast<std::uint32_t>(wanted->items.size());
    for (const auto* const rows : {&wanted->users, &wanted->items}) {
      for (const RowCopy& row : *rows) append(&row.row, sizeof(row.row), out_);
    }
  }
  std::memcpy(out_.data(), &head, sizeof(head));
  return out_;
}

PairWire::Reply PairWire::read_reply(std::span<const std::byte> message, const PairCopies* wanted) const {
  const std::size_t rows = wanted ? wanted->users.size() + wanted->items.size() : 0;
  const std::size_t floats = wanted ? rows * stride_ + dense_floats() : 0;
  if (message.size() != sizeof(ReplyHead) + floats * sizeof(float)) fail_malformed();
  Rest rest{message};
  const ReplyHead head = *rest.take<ReplyHead>(1);
  if (wanted) {
    for (const auto* const copies : {&wanted->users, &wanted->items}) {
      for (const RowCopy& copy : *copies) std::copy_n(rest.take<float>(stride_), stride_, copy.to);
    }
    for (std::size_t d = 0; d < dense_.size(); ++d)
      std::copy_n(rest.take<float>(dense_[d]), dense_[d], wanted->dense[d]);
  }
  if (head.next == kNone) return {std::nullopt, head.over != 0};
  return {PairTurn{head.epoch, head.next}, head.over != 0};
}

PairRequest PairWire::read_request(std::span<const std::byte> message) const {
  Rest rest{message};
  if (message.size() < sizeof(RequestHead)) fail_malformed();
  const RequestHead head = *rest.take<RequestHead>(1);
  const std::size_t given = std::size_t{head.users} + head.items;
  const std::size_t wanted = std::size_t{head.wanted_users} + head.wanted_items;
  const bool done = head.done != kNone;
  const std::size_t floats = done ? given * stride_ + dense_floats() : 0;
  if (std::max({head.users, head.items, head.wanted_users, head.wanted_items}) > batch_ ||
      (!done && given > 0) || (head.wanted_users == 0) != (head.wanted_items == 0) ||
      rest.bytes.size() != floats * sizeof(float) + (given + wanted) * sizeof(idx_t)) {
    fail_malformed();
  }
  PairRequest request;
  for (std::size_t k = 0; done && k < head.users; ++k)
    request.gradients.users.push_back({0, rest.take<float>(stride_)});
  for (std::size_t k = 0; done && k < head.items; ++k)
    request.gradients.items.push_back({0, rest.take<float>(stride_)});
  for (std::size_t d = 0; done && d < dense_.size(); ++d)
    request.gradients.dense.push_back(rest.take<float>(dense_[d]));
  const auto row_below = [&](std::size_t n) {
    const idx_t row = *rest.take<idx_t>(1);
    if (row >= n) fail_malformed();
    return row;
  };
  for (RowGradient& user : request.gradients.users) user.row = row_below(n_users_);
  for (RowGradient& item : request.gradients.items) item.row = row_below(n_items_);
  for (std::size_t k = 0; k < head.wanted_users; ++k) request.users.push_back(row_below(n_users_));
  for (std::size_t k = 0; k < head.wanted_items; ++k) request.items.push_back(row_below(n_items_));
  if (done) request.done = head.done;
  request.gradients.loss = head.loss;
  return request;
}

PairCopies PairWire::begin_reply(const PairRequest& request) {
  const std::size_t rows = request.users.size() + request.items.size();
  const std::size_t floats = request.wants() ? rows * stride_ + dense_floats() : 0;
  out_.resize(sizeof(ReplyHead) + floats * sizeof(float));
  if (!request.wants()) return {};
  auto* to = reinterpret_cast<float*>(out_.data() + sizeof(ReplyHead));
  PairCopies copies;
  const auto place = [&](std::size_t n) { return std::exchange(to, to + n); };
  for (const idx_t row : request.users) copies.users.push_back({row, place(stride_)});
  for (const idx_t row : request.items) copies.items.push_back({row, place(stride_)});
  for (const std::size_t n : dense_) copies.dense.push_back(place(n));
  return copies;
}

std::span<const std::byte> PairWire::reply(const Reply& reply) {
  const ReplyHead head{.next = reply.next ? reply.next->number : kNone,
                       .epoch = reply.next ? reply.next->epoch : 0,
                       .over = reply.over ? 1u : 0u};
  std::memcpy(out_.data(), &head, sizeof(head));
  return out_;
}

}  // namespace akin
