// The parameter server of a PairNet.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "akin/base/channel.h"
#include "akin/base/context.h"
#include "akin/models/cluster.h"
#include "akin/models/neural/pair_parameters.h"
#include "akin/models/neural/pair_wire.h"

namespace akin {

/// Deals minibatches to replicas and steps the net by their gradients as they come: Downpour SGD (cluster.h)
/// with n_fetch = n_push = 1. Rate and momentum go by the number of steps made, not of minibatches dealt. A
/// thread per replica, without locks between them (hogwild.h). What a lost replica had under way is dealt
/// again. One replica alone gives the bits of PairTrainer without a cluster: its gradients are applied before
/// it fetches what it needs next.
class PairServer {
 public:
  /// Lets replicas join from now on. `cluster` and `optimizers` are not owned. `hello` is what replicas must
  /// say (pair_hello()).
  PairServer(const Cluster& cluster, PairOptimizers& optimizers, std::string hello);
  /// Tells the replicas that the training is over.
  ~PairServer();

  /// Has minibatches [first, last) of an epoch trained and returns their losses, added up; waits first for
  /// Cluster::replicas, once. Nobody steps the net after it. Throws Error(kIo) if no replica is left, and
  /// Error(kCancelled); then all replicas are cut off.
  double train(int epoch, std::size_t first, std::size_t last, const Context& context);

 private:
  struct Guest {
    Channel channel;
    bool welcome = false;
    std::vector<std::size_t> held = {};  // minibatches dealt to it that are not done
    std::jthread thread = {};
  };
  void admit();
  void serve(Guest& guest);
  void greet(Guest& guest);
  void work(Guest& guest);
  void step(Guest& guest, const PairRequest& request, PairParameters& parameters);
  PairTurn now();
  PairTurn begin_step();
  std::optional<PairTurn> deal(Guest& guest);
  std::optional<PairTurn> wait_for_turn(Guest& guest);
  void leave(Guest& guest, const std::string& why);
  void wait_for_replicas(const Context& context);
  void wait_for_epoch(const Context& context);
  template <typename Condition>
  bool comes_true(Condition condition);
  std::string look_around(const Context& context);
  void tell_remarks();
  void cut_off();

  const Cluster& cluster_;
  PairOptimizers& optimizers_;
  const std::string hello_;

  std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  int epoch_ = 0;
  std::size_t next_ = 0, last_ = 0, left_ = 0;  // minibatches: next to deal, their end, not yet done
  std::size_t steps_ = 0;                       // made in this epoch, counted as they come
  std::vector<std::size_t> again_;              // dealt to replicas that are lost
  double loss_ = 0;
  int live_ = 0;  // replicas that are welcome and not lost
  bool begun_ = false, over_ = false;
  std::vector<std::string> remarks_;
  std::string last_failure_;

  std::stop_source stop_;
  std::list<Guest> guests_;  // of admit()'s thread
  std::jthread door_;
};

}  // namespace akin
