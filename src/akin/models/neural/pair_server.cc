#include "akin/models/neural/pair_server.h"

#include <algorithm>
#include <utility>

#include "akin/base/error.h"

namespace akin {
namespace {

constexpr std::chrono::seconds kGreeting{10};     // for a client to say what it wants
constexpr std::chrono::seconds kMinibatch{300};   // for a replica to train one, its epoch's order included
constexpr std::chrono::seconds kFarewell{5};      // for replicas to hear that all is over
constexpr std::chrono::milliseconds kLittle{50};  // between looks at the context
constexpr std::size_t kMostGuests = 4096;         // connections of a fit, strangers included

}  // namespace

PairServer::PairServer(const Cluster& cluster, PairOptimizers& optimizers, std::string hello)
    : cluster_(cluster), optimizers_(optimizers), hello_(std::move(hello)), door_([this] { admit(); }) {}

PairServer::~PairServer() {
  {
    std::unique_lock lock(mutex_);
    over_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, kFarewell, [this] { return live_ == 0; });
  }
  cut_off();
}

/// Ends all threads. What they wait for ends with the wish to stop.
void PairServer::cut_off() {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  stop_.request_stop();
  changed_.notify_all();
  if (door_.joinable()) door_.join();
  guests_.clear();
}

void PairServer::admit() {
  while (!stop_.stop_requested() && guests_.size() < kMostGuests) {
    std::optional<Channel> channel = cluster_.listener->accept(stop_.get_token());
    if (!channel) continue;
    Guest& guest = guests_.emplace_back(Guest{std::move(*channel)});
    guest.thread = std::jthread([this, &guest] { serve(guest); });
  }
}

void PairServer::serve(Guest& guest) {
  std::string why;
  try {
    greet(guest);
    if (guest.welcome) work(guest);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled) why = error.what();
  } catch (const std::exception& error) {
    why = fmt::format("{}: {}", guest.channel.peer(), error.what());
  }
  leave(guest, why);
  guest.channel.close();
}

void PairServer::greet(Guest& guest) {
  const std::span<const std::byte> hello = guest.channel.receive(kHelloLimit, kGreeting);
  const std::string difference =
      hello_difference({reinterpret_cast<const char*>(hello.data()), hello.size()}, hello_);
  guest.channel.send(std::as_bytes(std::span(difference)));
  if (!difference.empty())
    fail(ErrorCode::kBadData, "{}: refused a replica: {}", guest.channel.peer(), difference);
  const std::scoped_lock lock(mutex_);
  guest.welcome = true;
  ++live_;
  changed_.notify_all();
}

void PairServer::work(Guest& guest) {
  PairWire wire(optimizers_.net, optimizers_.options.batch);
  SharedParameters parameters(optimizers_);
  for (bool over = false; !over;) {
    const PairRequest request = wire.read_request(guest.channel.receive(wire.request_limit(), kMinibatch));
    if (request.done) step(guest, request, parameters);
    const PairCopies copies = wire.begin_reply(request);
    std::optional<PairTurn> next;
    if (request.wants()) {
      if (guest.held.empty())
        fail(ErrorCode::kBadData, "{}: wants rows for no minibatch", guest.channel.peer());
      parameters.load(now(), copies);
      next = deal(guest);
    } else {
      next = wait_for_turn(guest);
      over = !next;
    }
    guest.channel.send(wire.reply({next, over}));
  }
}

/// Steps the net by what the replica has done.
void PairServer::step(Guest& guest, const PairRequest& request, PairParameters& parameters) {
  const auto held = std::ranges::find(guest.held, *request.done);
  if (held == guest.held.end())
    fail(ErrorCode::kBadData, "{}: trained a minibatch that it had not been dealt", guest.channel.peer());
  parameters.step(begin_step(), request.gradients);
  guest.held.erase(held);
  const std::scoped_lock lock(mutex_);
  loss_ += request.gradients.loss;
  if (--left_ == 0) changed_.notify_all();
}

/// The step that comes next. Were it the minibatch's, rows would move on by their momentum for steps whose
/// gradients are still under way, and again with these.
PairTurn PairServer::now() {
  const std::scoped_lock lock(mutex_);
  return {epoch_, steps_};
}

PairTurn PairServer::begin_step() {
  const std::scoped_lock lock(mutex_);
  return {epoch_, steps_++};
}

/// The next minibatch that is nobody's, if there is one.
std::optional<PairTurn> PairServer::deal(Guest& guest) {
  const std::scoped_lock lock(mutex_);
  if (over_) return std::nullopt;
  std::size_t number = next_;
  if (!again_.empty()) {
    number = again_.back();
    again_.pop_back();
  } else if (next_ < last_) {
    ++next_;
  } else {
    return std::nullopt;
  }
  guest.held.push_back(number);
  return PairTurn{epoch_, number};
}

/// The same, when there is one; none = the training is over.
std::optional<PairTurn> PairServer::wait_for_turn(Guest& guest) {
  for (;;) {
    if (const auto turn = deal(guest)) return turn;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return over_ || !again_.empty() || next_ < last_; });
    if (over_) return std::nullopt;
  }
}

void PairServer::leave(Guest& guest, const std::string& why) {
  const std::scoped_lock lock(mutex_);
  if (guest.welcome) --live_;
  again_.insert(again_.end(), guest.held.begin(), guest.held.end());
  if (!why.empty()) {
    remarks_.push_back(guest.welcome ? "lost a replica: " + why : why);
    last_failure_ = why;
  }
  guest.held.clear();
  changed_.notify_all();
}

double PairServer::train(int epoch, std::size_t first, std::size_t last, const Context& context) {
  try {
    if (!std::exchange(begun_, true)) wait_for_replicas(context);
    {
      const std::scoped_lock lock(mutex_);
      epoch_ = epoch;
      next_ = first;
      steps_ = first;
      last_ = last;
      left_ = last - first;
      loss_ = 0;
      changed_.notify_all();
    }
    wait_for_epoch(context);
  } catch (...) {
    cut_off();
    throw;
  }
  return loss_;
}

/// Whether it is so within a little time.
template <typename Condition>
bool PairServer::comes_true(Condition condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kLittle, condition);
}

void PairServer::wait_for_replicas(const Context& context) {
  while (!comes_true([this] { return live_ >= cluster_.replicas; })) {
    if (const std::string failures = look_around(context); !failures.empty())
      fail(ErrorCode::kIo, "a replica failed to start: {}", failures);
  }
}

void PairServer::wait_for_epoch(const Context& context) {
  while (!comes_true([this] { return left_ == 0; })) {
    const std::string failures = look_around(context);
    if (!failures.empty() && cluster_.warn) cluster_.warn("a replica failed: " + failures);
    const std::scoped_lock lock(mutex_);
    if (live_ == 0 && left_ > 0)
      fail(ErrorCode::kIo, "all replicas are gone; the last one: {}", last_failure_);
  }
  tell_remarks();
}

/// What is to be done while waiting; gives Cluster::failures.
std::string PairServer::look_around(const Context& context) {
  context.check_stop();
  tell_remarks();
  return cluster_.failures ? cluster_.failures() : "";
}

/// From the thread of fit().
void PairServer::tell_remarks() {
  std::vector<std::string> remarks;
  {
    const std::scoped_lock lock(mutex_);
    remarks.swap(remarks_);
  }
  for (const std::string& remark : remarks) {
    if (cluster_.warn) cluster_.warn(remark);
  }
}

}  // namespace akin
