#include "akin/cli/cluster_flags.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/cli/output.h"
#include "akin/eval/text_table.h"

namespace akin::cli {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"--replicas", "--listen", "--join"};

std::string failures_of(std::vector<ReplicaProcess>& processes) {
  std::string all;
  for (ReplicaProcess& process : processes) {
    if (const auto failure = process.failure()) all += (all.empty() ? "" : "; ") + *failure;
  }
  return all;
}

}  // namespace

void ClusterFlags::add_to(CommandLine& line, const ModelEntry& entry, const Args& args) {
  if (!entry.traits.distributed) {
    for (const std::string& arg : args) {
      const std::string_view name = std::string_view(arg).substr(0, arg.find('='));
      if (std::ranges::count(kNames, name) > 0)
        fail(ErrorCode::kUsage, "{} does not apply: {} is trained by one process", name, entry.name);
    }
    return;
  }
  line.section("Several processes");
  line.add({"--replicas", "N", &replicas_,
            "train by N replicas of this process, which has the parameters: on this machine, or with "
            "--listen. 0 = "
            "train alone"});
  line.add({"--listen", "HOST:PORT", &listen_,
            "start no replicas: wait here for N that --join, from networks that are trusted"});
  line.add({"--join", "HOST:PORT", &join_,
            "be a replica of the process there, with the same data, parameters and seed; needs no "
            "--out"});
}

std::unique_ptr<ClusterPart> ClusterFlags::begin(const Args& args, Session& session) const {
  if (!listen_.empty() && replicas_ == 0)
    fail(ErrorCode::kUsage, "--listen: say with --replicas for how many to wait");
  auto part = std::make_unique<ClusterPart>();
  if (!join_.empty()) {  // whatever else is said: replicas may have the server's command line
    part->cluster.server = parse_address(join_, "--join");
    return part;
  }
  if (replicas_ == 0) return nullptr;
  part->listener.emplace(listen_.empty() ? Address{"127.0.0.1", "0"} : parse_address(listen_, "--listen"));
  part->cluster.listener = &*part->listener;
  part->cluster.replicas = replicas_;
  part->cluster.warn = [&session](std::string_view text) { session.remark(text); };
  const std::string address = part->listener->address().text();
  if (!listen_.empty()) {
    session.remark(fmt::format("waiting on {} for {} to --join", address, replicas_));
    return part;
  }
  Args replica = {"train"};
  replica.insert(replica.end(), args.begin(), args.end());
  replica.insert(replica.end(), {"--join", address, "--quiet"});
  for (int k = 0; k < replicas_; ++k) part->processes.emplace_back(replica);
  part->cluster.failures = [&processes = part->processes] { return failures_of(processes); };
  return part;
}

void print_replica(const ClusterPart& part, double seconds, const Common& common) {
  const std::string server = part.cluster.server->text();
  if (common.json) {
    print_json({{"server", server}, {"pairs", part.cluster.pairs}, {"seconds", seconds}});
    return;
  }
  print(fmt::format("trained {} pairs for {} in {}\n", format_count(part.cluster.pairs), server,
                    format_seconds(seconds)));
}

}  // namespace akin::cli
