// Training by several processes as flags of train.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "akin/catalog/registry.h"
#include "akin/cli/command_line.h"
#include "akin/cli/replica_process.h"
#include "akin/cli/session.h"
#include "akin/models/cluster.h"

namespace akin::cli {

/// This process' part in a distributed fit. Replicas that it started end with it.
struct ClusterPart {
  Cluster cluster;
  std::optional<Listener> listener;
  std::vector<ReplicaProcess> processes;
  bool is_replica() const { return cluster.server.has_value(); }
};

/// --replicas, --listen, --join.
class ClusterFlags {
 public:
  /// Adds the flags for a model whose Traits say `distributed`; for another, throws Error(kUsage) if `args`
  /// use them.
  void add_to(CommandLine& line, const ModelEntry& entry, const Args& args);
  /// Listens and starts replicas, which run `train` with the same `args`, or is one; null = no flag was
  /// given. `session` must outlive it. Throws Error(kUsage), also for flags that need others, and Error(kIo).
  std::unique_ptr<ClusterPart> begin(const Args& args, Session& session) const;

 private:
  int replicas_ = 0;
  std::string listen_, join_;
};

/// What a replica says at its end.
void print_replica(const ClusterPart& part, double seconds, const Common& common);

}  // namespace akin::cli
