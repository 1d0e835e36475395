// Ranks that are threads of one process, for tests.
#pragma once

#include <barrier>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/base/error.h"

namespace akin {

/// What the ranks share. Messages are passed as pointers: between two barriers everyone reads what the others offer.
struct RankThreads {
  explicit RankThreads(int n)
      : size(n),
        barrier(n),
        spans(static_cast<std::size_t>(n)),
        offsets(spans.size()),
        messages(spans.size()) {}
  /// A rank has thrown: who waits for a message throws too.
  void fail_receivers() {
    const std::lock_guard lock(mutex);
    failed = true;
    arrived.notify_all();
  }
  int size;
  std::barrier<> barrier;
  std::vector<std::span<const std::byte>> spans;
  std::vector<std::span<const std::size_t>> offsets;
  std::mutex mutex;  // of what follows
  std::condition_variable arrived;
  std::vector<std::deque<Communicator::Message>> messages;  // to each rank
  bool failed = false;
};

class ThreadCommunicator : public Communicator {
 public:
  ThreadCommunicator(RankThreads& team, int rank) : team_(team), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return team_.size; }
  void all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_offsets,
                  std::span<std::byte> receive, std::span<const std::size_t> receive_offsets) const override {
    const auto own = static_cast<std::size_t>(rank_);
    team_.spans[own] = send;
    team_.offsets[own] = send_offsets;
    team_.barrier.arrive_and_wait();
    for (std::size_t r = 0; r < team_.spans.size(); ++r) {
      const std::span<const std::size_t> from = team_.offsets[r];
      const std::size_t length = from[own + 1] - from[own];
      if (length != receive_offsets[r + 1] - receive_offsets[r]) std::abort();
      if (length > 0)
        std::memcpy(receive.data() + receive_offsets[r], team_.spans[r].data() + from[own], length);
    }
    sent_ += send.size() - (send_offsets[own + 1] - send_offsets[own]);
    team_.barrier.arrive_and_wait();
  }
  void all_gather(std::span<std::byte> data, std::span<const std::size_t> offsets) const override {
    const auto own = static_cast<std::size_t>(rank_);
    team_.spans[own] = data;
    team_.offsets[own] = offsets;
    team_.barrier.arrive_and_wait();
    for (std::size_t r = 0; r < team_.spans.size(); ++r) {
      if (team_.offsets[r].back() != offsets.back()) std::abort();
      if (r != own && offsets[r + 1] > offsets[r])
        std::memcpy(data.data() + offsets[r], team_.spans[r].data() + offsets[r],
                    offsets[r + 1] - offsets[r]);
    }
    sent_ += (offsets[own + 1] - offsets[own]) * (team_.spans.size() - 1);
    team_.barrier.arrive_and_wait();
  }
  void broadcast(std::span<std::byte> data, int root) const override {
    team_.spans[static_cast<std::size_t>(rank_)] = data;
    team_.barrier.arrive_and_wait();
    const std::span<const std::byte> from = team_.spans[static_cast<std::size_t>(root)];
    if (from.size() != data.size()) std::abort();
    if (root != rank_ && !data.empty()) std::memcpy(data.data(), from.data(), data.size());
    team_.barrier.arrive_and_wait();
  }
  void send(std::vector<std::byte> data, int to, int tag) const override {
    const std::lock_guard lock(team_.mutex);
    sent_ += data.size();
    team_.messages[static_cast<std::size_t>(to)].push_back({rank_, tag, std::move(data)});
    team_.arrived.notify_all();
  }
  Message receive() const override {
    std::unique_lock lock(team_.mutex);
    std::deque<Message>& own = team_.messages[static_cast<std::size_t>(rank_)];
    team_.arrived.wait(lock, [&] { return !own.empty() || team_.failed; });
    if (own.empty()) fail(ErrorCode::kIo, "another rank has failed");
    Message first = std::move(own.front());
    own.pop_front();
    return first;
  }
  void abort(int exit_code) const override { std::_Exit(exit_code); }
  std::uint64_t bytes_sent() const override { return sent_; }

 private:
  RankThreads& team_;
  int rank_;
  mutable std::uint64_t sent_ = 0;
};

/// Calls body(communicator) on `n` ranks at once. An exception of a rank is rethrown once all have ended: a rank
/// that throws leaves the collectives of the others short of one, so all must throw. Others that wait for a message do.
inline void on_ranks(int n, const std::function<void(const Communicator&)>& body) {
  RankThreads team(n);
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(n));
  {
    std::vector<std::jthread> threads;
    for (int r = 0; r < n; ++r) {
      threads.emplace_back([&, r] {
        try {
          body(ThreadCommunicator(team, r));
        } catch (...) {
          errors[static_cast<std::size_t>(r)] = std::current_exception();
          team.barrier.arrive_and_drop();
          team.fail_receivers();
        }
      });
    }
  }
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace akin
