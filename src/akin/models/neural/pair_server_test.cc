#include "akin/models/neural/pair_server.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "akin/models/factor/interactions.h"
#include "akin/models/factor/toy_data_test.h"
#include "akin/models/neural/neumf.h"
#include "akin/models/neural/pair_replica.h"
#include "akin/models/neural/pair_trainer.h"
#include "akin/models/neural/rating_dot.h"

namespace akin {
namespace {

using testing_data::random_toy;
using testing_data::Toy;

constexpr int kEpochs = 5;

PairTrainOptions some_options(std::string_view rule = "adam") {
  return {.objective = {.drop = 0.2f, .regularization = 0.01f},
          .batch = 64,
          .negatives = 3,
          .linear = true,
          .optimizer = optimizer_options(rule),
          .model = "test"};
}

/// A fit of the toy data: its pairs, its net, and the loss of each epoch.
struct Fit {
  const Toy toy = random_toy();
  const Csr pairs = positive_interactions(toy.training(), "test");
  PairNet net{{.product = 8, .embedding = 8, .layers = {16, 8}}, pairs.rows(), pairs.cols};
  std::vector<double> losses;

  Fit() { initialize({}, 1, net); }
  void train(const PairTrainOptions& options, const Context& context) {
    PairTrainer trainer(pairs, options, kEpochs, context, net);
    for (int epoch = 0; epoch < kEpochs; ++epoch) losses.push_back(trainer.run_epoch(epoch));
  }
  std::size_t samples() const { return pairs.entries() * 4; }
};

/// A server's side of a fit, and what it was warned of.
struct Server {
  Listener listener{Address{"127.0.0.1", "0"}};
  std::vector<std::string> warnings;
  Cluster cluster;
  explicit Server(int replicas) {
    cluster.listener = &listener;
    cluster.replicas = replicas;
    cluster.warn = [this](std::string_view warning) { warnings.emplace_back(warning); };
  }
  Context context() { return {.seed = 9, .threads = 1, .cluster = &cluster}; }
};

/// Pairs that a replica of this server trained.
std::uint64_t replicate(const Address& server, const PairTrainOptions& options, std::uint64_t seed = 9) {
  Fit fit;
  Cluster cluster;
  cluster.server = server;
  const Context context{.seed = seed, .threads = 1, .cluster = &cluster};
  PairTrainer trainer(fit.pairs, options, kEpochs, context, fit.net);
  EXPECT_TRUE(trainer.replicate());
  return cluster.pairs;
}

std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

void expect_same_bits(const PairNet& a, const PairNet& b) {
  for (std::size_t u = 0; u < a.users.rows(); ++u)
    ASSERT_TRUE(std::ranges::equal(a.users[u], b.users[u])) << u;
  for (std::size_t i = 0; i < a.items.rows(); ++i)
    ASSERT_TRUE(std::ranges::equal(a.items[i], b.items[i])) << i;
  ASSERT_TRUE(std::ranges::equal(a.layers[0].weights[3], b.layers[0].weights[3]));
}

TEST(PairServer, OneReplicaGivesTheBitsOfOneProcess) {
  for (const char* const rule : {"sgd", "adagrad", "adam"}) {
    Fit alone, served;
    alone.train(some_options(rule), {.seed = 9, .threads = 1});
    Server server(1);
    std::uint64_t pairs = 0;
    std::jthread replica([&] { pairs = replicate(server.listener.address(), some_options(rule)); });
    served.train(some_options(rule), server.context());
    replica.join();
    EXPECT_EQ(served.losses, alone.losses) << rule;
    expect_same_bits(served.net, alone.net);
    EXPECT_EQ(pairs, served.samples() * kEpochs);
    EXPECT_TRUE(server.warnings.empty());
  }
}

TEST(PairServer, TwoReplicasReachTheSameLoss) {
  Fit alone, served;
  alone.train(some_options(), {.seed = 9, .threads = 1});
  Server server(2);
  std::uint64_t pairs[2] = {};
  {
    std::vector<std::jthread> replicas;
    for (std::uint64_t& trained : pairs)
      replicas.emplace_back([&] { trained = replicate(server.listener.address(), some_options()); });
    served.train(some_options(), server.context());
  }
  EXPECT_NEAR(served.losses.back(), alone.losses.back(), 0.03 * alone.losses.back());
  EXPECT_EQ(pairs[0] + pairs[1], served.samples() * kEpochs);
  EXPECT_GT(pairs[0], 0u);
  EXPECT_GT(pairs[1], 0u);
}

TEST(PairServer, RefusesOtherDataParametersAndSeeds) {
  Server server(1);
  Fit served;
  const Address address = server.listener.address();
  std::jthread replicas([&] {
    PairTrainOptions other = some_options();
    other.batch = 32;
    EXPECT_NE(
        error_of([&] { replicate(address, other); }).find("batch is 32 in the replica, 64 in the server"),
        std::string::npos);
    EXPECT_NE(error_of([&] { replicate(address, some_options(), 8); }).find("seed is 8"), std::string::npos);
    replicate(address, some_options());
  });
  served.train(some_options(), server.context());
  ASSERT_EQ(server.warnings.size(), 2u);
  EXPECT_NE(server.warnings[0].find("refused a replica: batch is 32"), std::string::npos)
      << server.warnings[0];
}

/// Strangers that say nothing sensible, at each point where they may.
TEST(PairServer, StrangersDoNoHarm) {
  Server server(1);
  Fit fit, stranger;
  const PairTrainOptions options = some_options();
  PairOptimizers optimizers(options, kEpochs, fit.samples(), fit.net);
  const std::string hello = pair_hello(fit.pairs, optimizers, 9);
  const Address address = server.listener.address();
  double loss = 0;
  std::jthread replica;
  {
    PairServer served(server.cluster, optimizers, hello);
    const auto is_cut_off = [](Channel& channel) {
      return error_of([&] { channel.receive(100); }) != "no error";
    };
    Channel browser = Channel::connect(address, {});
    browser.send(std::as_bytes(std::span("GET / HTTP/1.1\r\n\r\n")));
    EXPECT_FALSE(browser.receive(kHelloLimit).empty());
    EXPECT_TRUE(is_cut_off(browser));
    for (const std::size_t size : {0, 1, 40, 100'000}) {
      Channel channel = Channel::connect(address, {});
      channel.send(std::as_bytes(std::span(hello)));
      ASSERT_TRUE(channel.receive(kHelloLimit).empty());
      channel.send(std::vector<std::byte>(size, std::byte{0x5a}));
      EXPECT_TRUE(is_cut_off(channel)) << size;
    }
    PairReplica early(address, stranger.net, options.batch, hello, {});  // fetches what it was not dealt
    std::vector<float> to(1000);
    const PairCopies copies{{{0, to.data()}}, {{0, to.data()}}, std::vector<float*>(8, to.data())};
    EXPECT_NE(error_of([&] { early.load({}, copies); }), "no error");

    replica = std::jthread([&] { replicate(address, options); });
    loss = served.train(0, 0, optimizers.batches(), server.context());
  }
  Fit alone;
  const Context one{.seed = 9, .threads = 1};
  PairTrainer trainer(alone.pairs, options, kEpochs, one, alone.net);
  EXPECT_DOUBLE_EQ(loss / static_cast<double>(fit.samples()), trainer.run_epoch(0));
  EXPECT_EQ(server.warnings.size(), 6u);
}

TEST(PairServer, GoesOnWithoutALostReplica) {
  Server server(2);
  Fit served, dying;
  const PairTrainOptions options = some_options();
  PairOptimizers optimizers(options, kEpochs, dying.samples(), dying.net);
  const Address address = server.listener.address();
  std::uint64_t pairs = 0;
  std::jthread loser([&] {
    PairReplica replica(address, dying.net, options.batch, pair_hello(dying.pairs, optimizers, 9), {});
    EXPECT_TRUE(replica.next());
  });
  std::jthread other([&] { pairs = replicate(address, options); });
  served.train(options, server.context());
  other.join();
  EXPECT_EQ(pairs, served.samples() * kEpochs) << "what it had under way is trained by the other";
  ASSERT_EQ(server.warnings.size(), 1u);
  EXPECT_NE(server.warnings[0].find("lost a replica"), std::string::npos);
}

TEST(PairServer, AllReplicasLostIsAnError) {
  Server server(1);
  Fit served, dying;
  const PairTrainOptions options = some_options();
  PairOptimizers optimizers(options, kEpochs, dying.samples(), dying.net);
  std::jthread loser([&] {
    PairReplica replica(server.listener.address(), dying.net, options.batch,
                        pair_hello(dying.pairs, optimizers, 9), {});
    replica.next();
  });
  EXPECT_NE(error_of([&] { served.train(options, server.context()); }).find("all replicas are gone"),
            std::string::npos);
}

TEST(PairServer, StopsOnRequestAndItsReplicasTell) {
  Server server(2);
  Fit served;
  std::stop_source stop;
  Context context = server.context();
  context.stop = stop.get_token();
  std::string told;
  std::jthread replica(
      [&] { told = error_of([&] { replicate(server.listener.address(), some_options()); }); });
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    stop.request_stop();
  });
  EXPECT_EQ(error_of([&] { served.train(some_options(), context); }), "stopped on request");
  replica.join();
  EXPECT_NE(told.find("the server is gone"), std::string::npos) << told;
}

TEST(PairServer, FailuresOfReplicasThatNeverJoinedAreTold) {
  Server server(1);
  server.cluster.failures = [] { return std::string("out of memory"); };
  Fit served;
  EXPECT_EQ(error_of([&] { served.train(some_options(), server.context()); }),
            "a replica failed to start: out of memory");
}

TEST(NeuMf, IsNotPretrainedByReplicas) {
  Server server(1);
  NeuMf::Config config;
  config.pretrain = 1;
  EXPECT_NE(error_of([&] { NeuMf::fit(random_toy().training(), config, server.context()); }).find("pretrain"),
            std::string::npos);
}

}  // namespace
}  // namespace akin
