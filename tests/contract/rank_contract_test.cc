// What every model must do whose fit several processes may divide among them: give the same bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "akin/base/error.h"
#include "akin/base/rank_threads_for_test.h"
#include "akin/base/safetensors.h"
#include "akin/catalog/fit.h"
#include "akin/models/fit/observer.h"
#include "planted_data.h"

namespace akin::contract {
namespace {

/// A hash of all that the model saves.
std::string hash_of(const Model& model) {
  TensorWriter writer("model");
  model.save(writer);
  return writer.hash("");
}

/// Keeps a copy of the state after each epoch, and may begin with one.
struct Keeper : FitObserver {
  std::map<int, std::vector<float>> states = {};
  int start = 0;
  static std::vector<float> copy_of(const FitState& state) {
    std::vector<float> all;
    for (const FitState::Tensor& tensor : state.tensors()) {
      for (std::size_t r = 0; r < tensor.rows; ++r)
        all.insert(all.end(), tensor.data + r * tensor.stride, tensor.data + r * tensor.stride + tensor.cols);
    }
    return all;
  }
  int begin(FitState& state, int) override {
    if (start == 0) return 0;
    const float* from = states.at(start).data();
    for (const FitState::Tensor& tensor : state.tensors()) {
      for (std::size_t r = 0; r < tensor.rows; ++r, from += tensor.cols)
        std::copy_n(from, tensor.cols, tensor.data + r * tensor.stride);
    }
    return start;
  }
  bool after_epoch(int done, double, const FitState& state, const Snapshot& snapshot) override {
    states[done] = copy_of(state);
    snapshot();
    return true;
  }
  void end(FitState&) override {}
};

class RankContract : public testing::TestWithParam<ModelEntry> {
 protected:
  static ModelSpec spec() {
    ParamValues params = small_parameters(GetParam());
    if (GetParam().traits.iterative) params["epochs"] = "3";
    // What they do by default is for one process.
    if (GetParam().name == "word2vec") params["sg"] = "1";
    if (GetParam().name == "doc2vec") params["dm"] = "0";
    if (GetParam().traits.needs_nets) params["gradient_parts"] = "4";
    return ModelSpec(GetParam(), params);
  }
  static const Planted& planted() {
    static const Planted kPlanted = clusters(401, 307, 9);
    return kPlanted;
  }
  static Fitted fit(const Communicator& ranks, int threads, FitObserver* observer = nullptr) {
    return fit_model(spec(), planted().training(), {{.threads = threads, .communicator = &ranks}, observer});
  }
};

TEST_P(RankContract, SameBitsAtAnyNumberOfRanks) {
  const Fitted one = fit(alone(), 1);
  const std::string expected = hash_of(*one.model);
  for (const int size : {2, 3, 4}) {
    std::vector<std::string> hashes(static_cast<std::size_t>(size));
    on_ranks(size, [&](const Communicator& ranks) {
      const Fitted fitted = fit(ranks, size == 3 && GetParam().traits.deterministic ? 2 : 1);
      hashes[static_cast<std::size_t>(ranks.rank())] = hash_of(*fitted.model);
      EXPECT_EQ(fitted.log.losses.size(), one.log.losses.size());
      for (std::size_t e = 0; e < one.log.losses.size(); ++e) {
        EXPECT_TRUE(fitted.log.losses[e] == one.log.losses[e] || std::isnan(one.log.losses[e]))
            << "loss " << e << ": " << fitted.log.losses[e] << ", not " << one.log.losses[e];
      }
    });
    for (int r = 0; r < size; ++r)
      EXPECT_TRUE(hashes[static_cast<std::size_t>(r)] == expected) << "rank " << r << " of " << size;
  }
}

/// What the model saves where each rank has the vectors of a part of the users: the hash that the first rank finds.
std::string hash_of_all(const Model& model, std::size_t n_users, const Communicator& ranks) {
  TensorWriter writer("model");
  model.save(writer);
  writer.divide("model.users", {n_users, model.item_vectors().cols()}, ranks);
  return writer.hash("");
}

/// Data that are divided before the fit, with little memory for the vectors of others.
TEST_P(RankContract, VectorsOfOwnUsersHaveTheSameBits) {
  if (!GetParam().traits.divides_users) GTEST_SKIP() << "every rank has all users";
  const std::string expected = hash_of(*fit(alone(), 1).model);
  const std::vector<Event> all(planted().training().events.begin(), planted().training().events.end());
  for (const RowBounds& bounds :
       {RowBounds{0, 150, 401}, RowBounds{0, 401, 401, 401}, RowBounds{0, 97, 98, 230, 401}}) {
    on_ranks(static_cast<int>(bounds.size()) - 1, [&](const Communicator& ranks) {
      const auto r = static_cast<std::size_t>(ranks.rank());
      std::vector<Event> own;
      std::ranges::copy_if(all, std::back_inserter(own), [&](const Event& event) {
        return event.user >= bounds[r] && event.user < bounds[r + 1];
      });
      FitContext context{{.threads = 1, .communicator = &ranks}};
      context.fetch_bytes = 50 * 16 * sizeof(float);
      const Fitted fitted = fit_model(spec(), {planted().training().source, own, bounds}, context);
      const std::string hash = hash_of_all(*fitted.model, 401, ranks);
      EXPECT_TRUE(!ranks.first() || hash == expected) << ranks.size() << " ranks";
    });
  }
}

TEST_P(RankContract, ResumedWithAnotherNumberOfRanks) {
  if (!GetParam().traits.iterative) GTEST_SKIP() << "fitted in one go";
  Keeper one;
  const std::string expected = hash_of(*fit(alone(), 1, &one).model);
  on_ranks(3, [&](const Communicator& ranks) {
    Keeper keeper;
    fit(ranks, 1, &keeper);
    EXPECT_TRUE(keeper.states.at(1) == one.states.at(1)) << "the state at rank " << ranks.rank();
    EXPECT_TRUE(keeper.states.at(3) == one.states.at(3)) << "the last state at rank " << ranks.rank();
  });
  on_ranks(2, [&](const Communicator& ranks) {
    Keeper keeper;
    keeper.states = one.states;
    keeper.start = 1;
    EXPECT_TRUE(hash_of(*fit(ranks, 1, &keeper).model) == expected) << "rank " << ranks.rank();
  });
}

std::vector<ModelEntry> distributed() {
  std::vector<ModelEntry> list;
  for (const ModelEntry& entry : tested_models()) {
    if (entry.traits.distributed) list.push_back(entry);
  }
  return list;
}

INSTANTIATE_TEST_SUITE_P(Models, RankContract, testing::ValuesIn(distributed()),
                         [](const auto& tested) { return test_name(tested.param); });

struct Variant {
  std::string_view model;
  ParamValues params;
  idx_t users = 150;  // fewer than items
};

/// Ways of fitting that the defaults do not take, and fewer users than ranks.
std::vector<Variant> variants() {
  return {
      {"popularity", {{"half_life_days", "1e-6"}, {"use_values", "true"}}},
      {"popularity", {}, 3},
      {"bias", {{"method", "closed"}}, 3},
      {"item-knn", {{"use_values", "true"}, {"similarity", "bm25"}, {"neighbors_of", "target"}}},
      {"item-knn", {{"similarity", "tfidf"}, {"neighbors", "5"}}, 3},
      {"co-occurrence", {{"window_seconds", "1"}, {"measure", "log-likelihood"}}},
      {"ease", {{"neighbors", "20"}}},
      {"ease", {{"neighbors", "0"}}, 3},
      {"slim", {{"use_values", "true"}}},
      {"slim", {}, 3},
      {"mf-sgd", {{"weights", "popularity"}, {"penalty", "row"}, {"epochs", "2"}}},
      {"mf-sgd", {{"weights", "recency"}, {"half_life_days", "1e-3"}, {"biases", "false"}, {"epochs", "2"}}},
      {"mf-sgd", {{"epochs", "2"}}, 3},
      {"item2vec", {{"basket", "basket"}, {"epochs", "2"}}},
      {"prod2vec", {{"min_count", "5"}, {"epochs", "2"}}},
      {"prod2vec", {{"epochs", "2"}}, 3}};
}

TEST(RankContract, SameBitsWithOtherParameters) {
  for (const Variant& variant : variants()) {
    SCOPED_TRACE(testing::Message() << variant.model << ", " << variant.users << " users");
    const Planted planted = clusters(variant.users, 307, 9);
    const ModelSpec spec(variant.model, variant.params);
    const auto hash = [&](const Communicator& ranks) {
      return hash_of(*fit_model(spec, planted.training(), {{.threads = 1, .communicator = &ranks}}).model);
    };
    const std::string expected = hash(alone());
    on_ranks(4, [&](const Communicator& ranks) { EXPECT_EQ(hash(ranks), expected) << ranks.rank(); });
  }
}

/// HR@10 of the last events; of a model of ratings the RMSE of their values (clusters()).
double quality(const Model& model, const Planted& planted, bool ratings) {
  if (!ratings) return hit_rate(model, planted);
  double squares = 0;
  for (idx_t user = 0; user < planted.held.size(); ++user) {
    const auto history = planted.history(user);
    float score = 0;
    EXPECT_TRUE(model.score(history.known(user), std::span(&planted.held[user], 1), std::span(&score, 1)));
    const double error = double{score} - (planted.held[user] % 7 == user % 7 ? 5 : 2);
    squares += error * error;
  }
  return std::sqrt(squares / static_cast<double>(planted.held.size()));
}

/// Processes that do not wait for each other: as good as one, up to what another seed changes.
TEST(RankContract, AsyncIsAsGoodAsPlainFits) {
  const Planted planted = clusters(401, 106, 10);
  for (const char* const name : {"gmf", "mlp", "neumf", "rating-dot", "rating-mlp"}) {
    const ModelEntry& entry = find_model(name);
    ParamValues params = small_parameters(entry);
    const bool ratings = entry.traits.predicts_ratings;
    params["epochs"] = "25";
    if (name == std::string_view("rating-mlp"))
      params["learning_rate"] = "0.001";  // long steps differ between runs
    const auto fit = [&](std::uint64_t seed, const Communicator& ranks) {
      const FitContext context{{.seed = seed, .threads = 1, .communicator = &ranks}};
      return quality(*fit_model(ModelSpec(entry, params), planted.training(), context).model, planted,
                     ratings);
    };
    std::vector<double> plain;
    for (const std::uint64_t seed : {1, 2, 3, 4, 5}) plain.push_back(fit(seed, alone()));
    const auto [least, most] = std::ranges::minmax(plain);
    // Two and a half standard errors of a share of 400 users, or a fifth of an error.
    const double margin = ratings ? most / 5 : 0.06;
    params["async"] = "true";
    on_ranks(4, [&](const Communicator& ranks) {
      const double async = fit(5, ranks);
      EXPECT_GE(async, least - margin) << name << ", plain fits " << least << " to " << most;
      EXPECT_LE(async, most + margin) << name << ", plain fits " << least << " to " << most;
    });
  }
}

TEST(RankContract, NetsWithoutPartsRefuse) {
  const Planted planted = clusters(40, 30, 5);
  for (const ModelEntry& entry : tested_models()) {
    if (!entry.traits.needs_nets || !entry.traits.distributed) continue;
    on_ranks(2, [&](const Communicator& ranks) {
      try {
        fit_model(ModelSpec(entry), planted.training(), {{.communicator = &ranks}});
        FAIL() << entry.name << " was fitted on several ranks";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kUsage);
        EXPECT_NE(std::string(error.what()).find("--gradient-parts 4"), std::string::npos) << error.what();
      }
    });
  }
}

TEST(RankContract, OtherModelsRefuse) {
  const Planted planted = clusters(40, 30, 5);
  for (const ModelEntry& entry : tested_models()) {
    if (entry.traits.distributed) continue;
    on_ranks(2, [&](const Communicator& ranks) {
      try {
        fit_model(ModelSpec(entry), planted.training(), {{.communicator = &ranks}});
        FAIL() << entry.name << " was fitted on several ranks";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kUsage);
        EXPECT_NE(std::string(error.what()).find(entry.name), std::string::npos) << error.what();
      }
    });
  }
}

}  // namespace
}  // namespace akin::contract
