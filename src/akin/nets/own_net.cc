// Fits nets of one's own to users and items.
#include <algorithm>

#include "akin/base/error.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/params.h"
#include "akin/models/fit/rank_rows.h"
#include "akin/models/rating/rating_factors.h"
#include "akin/nets/fit_net.h"
#include "akin/nets/history_net.h"
#include "akin/nets/net_toml.h"
#include "akin/nets/pair_inputs.h"
#include "akin/nets/pair_net.h"
#include "akin/nets/pairs/ncf_source.h"

namespace akin::nets {
namespace {

/// Pairs of users and items with targets: the entries of a matrix and, if wanted, others drawn against them.
class Pairs final : public nn::SampleSource {
 public:
  /// `inputs`: for each input layer whether it takes users.
  Pairs(const Csr& matrix, std::size_t negatives, std::vector<std::uint8_t> inputs, const Context& context)
      : source_(matrix, negatives, context.seed, OwnNet::kName), inputs_(std::move(inputs)) {}
  std::int64_t size() const override { return static_cast<std::int64_t>(source_.size()); }
  void start_epoch(std::uint64_t epoch) override { source_.start_epoch(static_cast<int>(epoch)); }
  void read(std::span<const std::int64_t> samples, nn::Batch& batch) const override {
    const std::vector<std::uint32_t> numbers(samples.begin(), samples.end());
    std::vector<idx_t> users(samples.size()), items(samples.size());
    std::vector<float> targets(samples.size());
    source_.read(numbers, users, items, targets);
    batch.inputs = pair_inputs(inputs_, users, items);
    const auto n = static_cast<std::int64_t>(samples.size());
    batch.targets = nn::make_array({n, 1}, std::move(targets));
  }

 private:
  NcfSource source_;
  std::vector<std::uint8_t> inputs_;
};

/// Vectors of users and items, their product, and a line through it.
NetPlan plain_net(std::int64_t users, std::int64_t items, bool ratings) {
  constexpr std::int64_t kFactors = 32;
  NetPlan plan;
  plan.spec = nn::NetSpec("vectors");
  const nn::Node user = plan.spec.input({1}, "user").embedding(users + 1, kFactors).flatten();
  const nn::Node item = plan.spec.input({1}, "item").embedding(items + 1, kFactors).flatten();
  plan.spec.dot(user, item).dense(1, ratings ? nn::Activation::kLinear : nn::Activation::kSigmoid);
  plan.compile.optimizer = nn::make_optimizer("adam");
  plan.compile.loss = ratings ? nn::Loss::kMse : nn::Loss::kBinaryCrossentropy;
  plan.fit.epochs = 5;
  plan.fit.batch_size = 256;
  plan.data.kind = DataKind::kRatings;
  plan.data.inputs = {{"user", {"users"}}, {"item", {"items"}}};
  return plan;
}

/// For each input layer whether it takes users. Throws Error(kUsage) naming the file.
std::vector<std::uint8_t> inputs_of(const NetPlan& plan, const std::string& file) {
  if (plan.data.kind != DataKind::kRatings) {
    fail(ErrorCode::kUsage, "{}: its [data] is no data of users and items; write kind = \"ratings\"", file);
  }
  std::vector<std::uint8_t> inputs;
  for (const std::size_t layer : plan.spec.inputs()) {
    const std::string& name = plan.spec.layers()[layer].name;
    const auto found = plan.data.inputs.find(name);
    const bool users = found != plan.data.inputs.end() && found->second == std::vector<std::string>{"users"};
    const bool items = found != plan.data.inputs.end() && found->second == std::vector<std::string>{"items"};
    if (!users && !items) {
      fail(ErrorCode::kUsage, "{}: input {} takes users or items: write inputs.{} = \"users\" under [data]",
           file, name, name);
    }
    inputs.push_back(users ? 1 : 0);
  }
  if (plan.spec.shape(plan.spec.output()).output != nn::Shape{1}) {
    fail(ErrorCode::kUsage, "{}: the net's output is {}; a score is one number", file,
         nn::shape_text(plan.spec.shape(plan.spec.output()).output));
  }
  return inputs;
}

PairNetModel::Known known_of(const Csr& matrix) {
  PairNetModel::Known known{std::vector<std::uint8_t>(matrix.rows()), items_with_entries(matrix)};
  for (std::size_t user = 0; user < matrix.rows(); ++user)
    known.users[user] = matrix.offsets[user] < matrix.offsets[user + 1] ? 1 : 0;
  return known;
}

/// With negatives = 0 the entries of the matrix are targets, and `liked` is that of an item without one.
std::unique_ptr<Model> fit_own(const Csr& matrix, float liked, const OwnNetConfig& config, int negatives,
                               const FitContext& context) {
  const auto users = static_cast<std::int64_t>(matrix.rows()), items = static_cast<std::int64_t>(matrix.cols);
  const bool ratings = negatives == 0;
  NetPlan plan = config.file.empty() ? plain_net(users, items, ratings)
                                     : read_net_toml(config.file, {{"users", users}, {"items", items}});
  const std::vector<std::uint8_t> inputs = inputs_of(plan, config.file.empty() ? "the net" : config.file);
  if (config.learning_rate > 0) plan.compile.optimizer.learning_rate = config.learning_rate;
  PairNetModel::Known known = known_of(matrix);
  known.negatives = negatives;
  known.liked = liked;
  known.loss = plan.compile.loss;
  Pairs pairs(matrix, static_cast<std::size_t>(negatives), inputs, context);
  NetTask task{.spec = std::move(plan.spec),
               .compile = plan.compile,
               .epochs = config.epochs >= 0 ? config.epochs : plan.fit.epochs,
               .batch_size = config.batch_size > 0 ? config.batch_size : plan.fit.batch_size,
               .gradient_parts = config.gradient_parts};
  return fit_net(
      std::move(task), pairs,
      [&](const nn::Net& net) {
        return std::make_unique<PairNetModel>(std::make_unique<NetPredictor>(net.spec(), net.weights()),
                                              inputs, known);
      },
      context);
}

}  // namespace

std::vector<Param> OwnNetConfig::params() {
  return {{"file", &file, "TOML file of the net (docs/nets.md); empty = vectors of 32 and their product"},
          {"epochs", &epochs, "epochs over the samples; -1 = as the file says", -1, 100'000},
          {"batch_size", &batch_size, "samples per step; 0 = as the file says", 0, 1'000'000},
          {"learning_rate",
           &learning_rate,
           "step size of the optimizer; 0 = as the file says",
           0,
           10,
           {},
           true,
           {1e-4, 1e-1}},
          gradient_parts_param(gradient_parts)};
}

std::vector<Param> OwnNet::Config::params() {
  std::vector<Param> params = OwnNetConfig::params();
  params.push_back(
      {"negatives", &negatives, "negative samples per event and epoch", 1, 1000, {}, true, {1, 8}});
  return params;
}

std::unique_ptr<Model> OwnNet::fit(const TrainingData& data, const Config& config,
                                   const FitContext& context) {
  return fit_own(gather_csr(context.ranks(), positive_interactions(data, kName, context)), 1, config,
                 config.negatives, context);
}

std::unique_ptr<Model> OwnRatingNet::fit(const TrainingData& data, const Config& config,
                                         const FitContext& context) {
  Ratings ratings = training_ratings(data, kName, context);
  ratings.by_user = gather_csr(context.ranks(), std::move(ratings.by_user));
  return fit_own(ratings.by_user, ratings.liked, config, 0, context);
}

}  // namespace akin::nets
