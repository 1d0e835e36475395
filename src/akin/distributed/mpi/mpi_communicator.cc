// The Communicator of Open MPI, in a library of its own.
#include <mpi.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <limits>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/distributed/mpi_library.h"

namespace akin::distributed {
namespace {

/// MPI counts in int; longer messages go in pieces.
constexpr std::size_t kPiece = std::size_t{1} << 28;
constexpr int kTag = 1;

std::string text_of(int code) {
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  return {text, static_cast<std::size_t>(length)};
}

void check(int code) {
  if (code != MPI_SUCCESS) fail(ErrorCode::kIo, "Open MPI: {}", text_of(code));
}

class MpiCommunicator : public Communicator {
 public:
  MpiCommunicator() {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_dup(MPI_COMM_WORLD, &messages_);  // a message is never taken for a part of a collective function
  }
  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_offsets,
                  std::span<std::byte> receive, std::span<const std::size_t> receive_offsets) const override {
    const auto part = [](auto bytes, std::span<const std::size_t> offsets, int rank) {
      const auto r = static_cast<std::size_t>(rank);
      return bytes.subspan(offsets[r], offsets[r + 1] - offsets[r]);
    };
    std::vector<MPI_Request> requests;
    for (int step = 1; step < size_; ++step) {
      const int from = (rank_ + size_ - step) % size_;
      start_receive(part(receive, receive_offsets, from), from, requests);
    }
    for (int step = 1; step < size_; ++step) {
      const int to = (rank_ + step) % size_;
      start_send(part(send, send_offsets, to), to, requests);
    }
    std::ranges::copy(part(send, send_offsets, rank_), part(receive, receive_offsets, rank_).begin());
    wait(requests);
  }

  void all_gather(std::span<std::byte> data, std::span<const std::size_t> offsets) const override {
    std::vector<MPI_Request> requests;
    const auto part = [&](int rank) {
      const auto r = static_cast<std::size_t>(rank);
      return data.subspan(offsets[r], offsets[r + 1] - offsets[r]);
    };
    for (int step = 1; step < size_; ++step)
      start_receive(part((rank_ + size_ - step) % size_), (rank_ + size_ - step) % size_, requests);
    for (int step = 1; step < size_; ++step) start_send(part(rank_), (rank_ + step) % size_, requests);
    wait(requests);
  }

  void broadcast(std::span<std::byte> data, int root) const override {
    for (std::size_t at = 0; at < data.size(); at += kPiece) {
      const std::size_t n = std::min(kPiece, data.size() - at);
      check(MPI_Bcast(data.data() + at, static_cast<int>(n), MPI_BYTE, root, MPI_COMM_WORLD));
      if (rank_ == root) sent_ += n;
    }
  }

  void send(std::vector<std::byte> data, int to, int tag) const override {
    if (data.size() > std::numeric_limits<int>::max())
      fail(ErrorCode::kInternal, "a message of {} bytes is too long for Open MPI", data.size());
    forget_sent();
    sent_ += data.size();
    Sending& sending = sending_.emplace_back(std::move(data));
    check(MPI_Isend(sending.data.data(), static_cast<int>(sending.data.size()), MPI_BYTE, to, tag, messages_,
                    &sending.request));
  }

  Message receive() const override {
    forget_sent();
    MPI_Message found;
    MPI_Status status;
    int length = 0;
    check(MPI_Mprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, messages_, &found, &status));
    check(MPI_Get_count(&status, MPI_BYTE, &length));
    Message message{status.MPI_SOURCE, status.MPI_TAG,
                    std::vector<std::byte>(static_cast<std::size_t>(length))};
    check(MPI_Mrecv(message.data.data(), length, MPI_BYTE, &found, MPI_STATUS_IGNORE));
    return message;
  }

  void abort(int exit_code) const override {
    MPI_Abort(MPI_COMM_WORLD, exit_code);
    std::_Exit(exit_code);
  }
  std::uint64_t bytes_sent() const override { return sent_; }

 private:
  static void start_receive(std::span<std::byte> into, int from, std::vector<MPI_Request>& requests) {
    for (std::size_t at = 0; at < into.size(); at += kPiece) {
      const std::size_t n = std::min(kPiece, into.size() - at);
      check(MPI_Irecv(into.data() + at, static_cast<int>(n), MPI_BYTE, from, kTag, MPI_COMM_WORLD,
                      &requests.emplace_back()));
    }
  }
  void start_send(std::span<const std::byte> what, int to, std::vector<MPI_Request>& requests) const {
    for (std::size_t at = 0; at < what.size(); at += kPiece) {
      const std::size_t n = std::min(kPiece, what.size() - at);
      check(MPI_Isend(what.data() + at, static_cast<int>(n), MPI_BYTE, to, kTag, MPI_COMM_WORLD,
                      &requests.emplace_back()));
    }
    sent_ += what.size();
  }
  static void wait(std::vector<MPI_Request>& requests) {
    check(MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE));
  }

  /// Frees the memory of messages that are on their way no more.
  void forget_sent() const {
    while (!sending_.empty()) {
      int done = 0;
      check(MPI_Test(&sending_.front().request, &done, MPI_STATUS_IGNORE));
      if (done == 0) return;
      sending_.pop_front();
    }
  }

  struct Sending {
    std::vector<std::byte> data;
    MPI_Request request = MPI_REQUEST_NULL;
  };

  int rank_ = 0;
  int size_ = 1;
  MPI_Comm messages_ = MPI_COMM_NULL;
  mutable std::deque<Sending> sending_;
  mutable std::uint64_t sent_ = 0;
};

}  // namespace
}  // namespace akin::distributed

int akin_mpi_interface() { return akin::distributed::kMpiInterface; }

const akin::Communicator* akin_mpi_start(std::string* error) {
  int provided = 0;
  if (const int code = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
      code != MPI_SUCCESS) {
    *error = akin::distributed::text_of(code);
    return nullptr;
  }
  std::atexit([] { MPI_Finalize(); });
  static const akin::distributed::MpiCommunicator kRanks;
  return &kRanks;
}
