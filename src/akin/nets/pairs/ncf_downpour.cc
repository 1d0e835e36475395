#include "akin/nets/pairs/ncf_downpour.h"

#include <algorithm>
#include <cstring>

namespace akin {
namespace {

constexpr int kServer = 0;
enum Tag { kFetch, kRows, kGradients };

/// What kFetch and kGradients begin with; the numbers of users and items follow, in whole Units, then floats.
struct Header {
  std::uint64_t users = 0, items = 0;
  double loss = 0;
};
using Unit = std::uint64_t;  // floats are aligned to it (RowCopy)

std::size_t numbers_size(const Header& header) {
  const std::size_t bytes = (header.users + header.items) * sizeof(idx_t);
  return (bytes + sizeof(Unit) - 1) / sizeof(Unit) * sizeof(Unit);
}

/// The start of a message about these rows, with room for as many floats.
template <typename Row>
std::vector<std::byte> message_about(const std::vector<Row>& users, const std::vector<Row>& items,
                                     double loss, std::size_t floats) {
  const Header header{users.size(), items.size(), loss};
  std::vector<std::byte> message(sizeof header + numbers_size(header) + floats * sizeof(float));
  std::memcpy(message.data(), &header, sizeof header);
  std::byte* to = message.data() + sizeof header;
  for (const std::vector<Row>* rows : {&users, &items}) {
    for (const Row& row : *rows) {
      std::memcpy(to, &row.row, sizeof(idx_t));
      to += sizeof(idx_t);
    }
  }
  return message;
}

/// A message read from the front.
struct Reader {
  const std::byte* at;
  Header header = {};
  std::vector<idx_t> users = {}, items = {};

  explicit Reader(const std::vector<std::byte>& message) : at(message.data()) {
    std::memcpy(&header, at, sizeof header);
    at += sizeof header;
    users.resize(header.users);
    items.resize(header.items);
    std::memcpy(users.data(), at, users.size() * sizeof(idx_t));
    std::memcpy(items.data(), at + users.size() * sizeof(idx_t), items.size() * sizeof(idx_t));
    at += numbers_size(header);
  }
};

std::vector<std::size_t> dense_sizes(const NcfNet& net) {
  std::vector<std::size_t> sizes;
  for (const Matrix* const matrix : net.dense()) sizes.push_back(matrix->rows() * matrix->stride());
  return sizes;
}

std::size_t total(const std::vector<std::size_t>& sizes) {
  std::size_t sum = 0;
  for (const std::size_t size : sizes) sum += size;
  return sum;
}

}  // namespace

double NcfServer::serve(int epoch, std::size_t first, std::size_t last) {
  double loss = 0;
  for (std::size_t number = first; number < last;) {
    const Communicator::Message message = ranks_.receive();
    if (message.tag == kFetch)
      answer({epoch, number}, message);
    else
      loss += step({epoch, number++}, message);
  }
  return loss;
}

void NcfServer::answer(const MinibatchIndex& minibatch, const Communicator::Message& request) {
  const Reader asked(request.data);
  const std::size_t stride = optimizers_.net.users.stride();
  const std::vector<std::size_t> sizes = dense_sizes(optimizers_.net);
  std::vector<std::byte> reply(((asked.users.size() + asked.items.size()) * stride + total(sizes)) *
                               sizeof(float));
  auto* to = reinterpret_cast<float*>(reply.data());
  NcfCopies copies;
  const auto add_rows = [&](const std::vector<idx_t>& rows, std::vector<RowCopy>& list) {
    for (const idx_t row : rows) {
      list.push_back({row, to});
      to += stride;
    }
  };
  add_rows(asked.users, copies.users);
  add_rows(asked.items, copies.items);
  for (const std::size_t size : sizes) {
    copies.dense.push_back(to);
    to += size;
  }
  parameters_.load(minibatch, copies);
  ranks_.send(std::move(reply), request.from, kRows);
}

double NcfServer::step(const MinibatchIndex& minibatch, const Communicator::Message& message) {
  const Reader given(message.data);
  const std::size_t stride = optimizers_.net.users.stride();
  const auto* from = reinterpret_cast<const float*>(given.at);
  NcfGradients gradients;
  const auto add_rows = [&](const std::vector<idx_t>& rows, std::vector<RowGradient>& list) {
    for (const idx_t row : rows) {
      list.push_back({row, from});
      from += stride;
    }
  };
  add_rows(given.users, gradients.users);
  add_rows(given.items, gradients.items);
  for (const std::size_t size : dense_sizes(optimizers_.net)) {
    gradients.dense.push_back(from);
    from += size;
  }
  parameters_.step(minibatch, gradients);
  return given.header.loss;
}

RemoteParameters::RemoteParameters(const Communicator& ranks, const NcfNet& net)
    : ranks_(ranks), stride_(net.users.stride()), dense_size_(dense_sizes(net)) {}

void RemoteParameters::load(const MinibatchIndex&, const NcfCopies& copies) {
  ranks_.send(message_about(copies.users, copies.items, 0, 0), kServer, kFetch);
  const Communicator::Message rows = ranks_.receive();
  const std::byte* from = rows.data.data();
  const auto copy = [&](float* to, std::size_t floats) {
    std::memcpy(to, from, floats * sizeof(float));
    from += floats * sizeof(float);
  };
  for (const RowCopy& row : copies.users) copy(row.to, stride_);
  for (const RowCopy& row : copies.items) copy(row.to, stride_);
  for (std::size_t d = 0; d < dense_size_.size(); ++d) copy(copies.dense[d], dense_size_[d]);
}

void RemoteParameters::step(const MinibatchIndex&, const NcfGradients& gradients) {
  const std::size_t rows = gradients.users.size() + gradients.items.size();
  const std::size_t floats = rows * stride_ + total(dense_size_);
  std::vector<std::byte> message = message_about(gradients.users, gradients.items, gradients.loss, floats);
  std::byte* to = message.data() + (message.size() - floats * sizeof(float));
  const auto copy = [&](const float* from, std::size_t n) {
    std::memcpy(to, from, n * sizeof(float));
    to += n * sizeof(float);
  };
  for (const RowGradient& row : gradients.users) copy(row.gradient, stride_);
  for (const RowGradient& row : gradients.items) copy(row.gradient, stride_);
  for (std::size_t d = 0; d < dense_size_.size(); ++d) copy(gradients.dense[d], dense_size_[d]);
  ranks_.send(std::move(message), kServer, kGradients);
}

}  // namespace akin
