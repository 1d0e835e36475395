#include "akin/nets/sequence/gru_trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "akin/linalg/kernels.h"

namespace akin {
namespace {

constexpr idx_t kItems = 23;
constexpr std::size_t kFactors = 7;  // neither a multiple of the vector width nor of anything else

Sessions sessions_of(const std::vector<std::vector<idx_t>>& lists) {
  Sessions sessions;
  for (const auto& list : lists) {
    sessions.items.insert(sessions.items.end(), list.begin(), list.end());
    sessions.times.resize(sessions.items.size(), 0);
    sessions.offsets.push_back(sessions.items.size());
    sessions.users.push_back(static_cast<idx_t>(sessions.users.size()));
  }
  return sessions;
}

/// Sessions of 2 to 6 events, items repeated within and between them.
Sessions some_sessions(idx_t n = 11) {
  std::vector<std::vector<idx_t>> lists(n);
  for (idx_t s = 0; s < n; ++s) {
    for (idx_t p = 0; p < 2 + s % 5; ++p) lists[s].push_back((s * s + 5 * p * p + 3 * p) % kItems);
  }
  return sessions_of(lists);
}

std::vector<std::uint32_t> counts_of(const Sessions& sessions) {
  std::vector<std::uint32_t> counts(kItems, 0);
  for (const idx_t item : sessions.items) ++counts[item];
  return counts;
}

/// Parameters do not move.
GruTrainOptions still(std::size_t slots, const SampledLoss& loss) {
  return {.epochs = 1,
          .slots = slots,
          .candidates = {.negatives = 9, .power = 0.5f, .logq = 1},
          .loss = loss,
          .adagrad = {1e-30f, 0}};
}

GruNet net_of(GruInput kind, std::size_t layers) {
  GruNet net = random_gru_net(kind, kItems, kFactors, layers, 3);
  for (auto& [name, table] : net.tables()) {
    for (std::size_t r = 0; r < table->rows(); ++r) {
      if (name.ends_with("bias")) {
        const bool units = name.starts_with("layer");  // padded ones stay without anything
        for (std::size_t c = 0; c < table->cols(); ++c)
          (*table)[r][c] =
              units && c % 16 >= kFactors ? 0 : 0.07f * static_cast<float>((c + name.size()) % 5);
      } else {
        scale(3, table->row(r), table->stride());
      }
    }
  }
  return net;
}

/// The equations, in double, with the parameters as they are.
class Plain {
 public:
  Plain(GruNet& net, const SampledLoss& loss) : net_(net), loss_(loss) {}
  using States = std::vector<std::vector<double>>;  // of each layer
  States zero() const { return States(net_.layers.size(), std::vector<double>(kFactors, 0)); }

  States after(idx_t item, const States& before) const {
    States next = before;
    std::vector<double> x;
    for (std::size_t l = 0; l < net_.layers.size(); ++l) {
      const GruLayer& layer = net_.layers[l];
      for (std::size_t u = 0; u < kFactors; ++u) {
        double given[3], kept[3];
        for (std::size_t g = 0; g < 3; ++g) {
          const std::size_t row = g * padded(kFactors) + u;
          given[g] = number(layer.bias[0][row]);
          kept[g] = number(layer.recurrent_bias[0][row]);
          if (layer.input.empty()) given[g] += number(net_.inputs[item][row]);
          for (std::size_t k = 0; k < kFactors; ++k) {
            const double in = l == 0 ? number(net_.input_table()[item][k]) : next[l - 1][k];
            if (!layer.input.empty()) given[g] += number(layer.input[row][k]) * in;
            kept[g] += number(layer.recurrent[row][k]) * before[l][k];
          }
        }
        const double r = sigma(given[0] + kept[0]), z = sigma(given[1] + kept[1]);
        next[l][u] = (1 - z) * std::tanh(given[2] + r * kept[2]) + z * before[l][u];
      }
    }
    return next;
  }

  double loss(const States& states, const Candidates& candidates, std::size_t slot) const {
    const auto own = static_cast<std::size_t>(candidates.own()[slot]);
    std::vector<double> r(candidates.size());
    for (std::size_t c = 0; c < r.size(); ++c) {
      const idx_t item = candidates.items()[c];
      r[c] = number(net_.item_bias[0][item]);
      for (std::size_t k = 0; k < kFactors; ++k) r[c] += states.back()[k] * number(net_.items[item][k]);
      if (loss_.kind == SequenceLoss::kBprMax && r[c] < 0) r[c] = number(loss_.elu) * (std::exp(r[c]) - 1);
    }
    double total = 0, good = 0, penalty = 0;
    for (std::size_t c = 0; c < r.size(); ++c) {
      if (c == own) continue;
      const double share = number(candidates.weights()[c]) * std::exp(r[c]);
      total += share;
      good += share * sigma(r[own] - r[c]);
      penalty += share * r[c] * r[c];
    }
    if (loss_.kind == SequenceLoss::kCrossEntropy) return std::log(total + std::exp(r[own])) - r[own];
    return -std::log(good / total) + number(loss_.regularization) * penalty / total;
  }

 private:
  static double number(float x) { return static_cast<double>(x); }
  static double sigma(double x) { return 1 / (1 + std::exp(-x)); }
  GruNet& net_;
  SampledLoss loss_;
};

/// An epoch by the equations: calls step(sum of losses / slots of a full minibatch, as a function of the parameters) for each. A
/// state is that of the event before, a constant, and zero where a session begins.
template <typename Step>
void walk(const Sessions& sessions, const GruTrainOptions& options, const Plain& plain, const Step& step) {
  const auto order = by_first_event(sessions);
  SessionSlots slots(sessions, order, options.slots);
  Candidates candidates(options.candidates, counts_of(sessions), 42);
  std::vector<Plain::States> states(options.slots);
  for (std::uint64_t number = 0; slots.next(); ++number) {
    for (const auto& [from, to] : slots.moved()) states[to] = states[from];
    for (const std::size_t slot : slots.begun()) states[slot] = plain.zero();
    std::vector<idx_t> targets;
    for (std::size_t s = 0; s < slots.size(); ++s) targets.push_back(slots.target(s));
    candidates.draw(targets, number);
    step(
        [&] {
          double sum = 0;
          for (std::size_t s = 0; s < slots.size(); ++s)
            sum += plain.loss(plain.after(slots.input(s), states[s]), candidates, s);
          return sum / static_cast<double>(options.slots);
        },
        slots.size());
    for (std::size_t s = 0; s < slots.size(); ++s) states[s] = plain.after(slots.input(s), states[s]);
  }
}

const SampledLoss kLosses[] = {{SequenceLoss::kCrossEntropy, 0, 0}, {SequenceLoss::kBprMax, 0.5f, 0.7f}};

TEST(GruTrainer, LossAndGradientsAreThoseOfTheEquations) {
  const Sessions sessions = some_sessions();
  for (const GruInput kind : {GruInput::kShared, GruInput::kSeparate, GruInput::kOneHot}) {
    const std::size_t layers = kind == GruInput::kSeparate ? 1 : 2;
    for (const SampledLoss& loss : kLosses) {
      const GruTrainOptions options = still(5, loss);
      GruNet net = net_of(kind, layers);
      GruTrainer trainer(sessions, options, {{.threads = 1}}, net);
      const double mean = trainer.run_epoch(0);

      const Plain plain(net, loss);
      double expected = 0;
      std::size_t events = 0;
      walk(sessions, options, plain, [&](const auto& value, std::size_t slots) {
        expected += value() * static_cast<double>(options.slots);
        events += slots;
      });
      EXPECT_NEAR(mean, expected / static_cast<double>(events), 1e-5);

      FitState state;
      trainer.add_state(state);
      for (auto& [name, table] : net.tables()) {
        const auto squares = std::ranges::find(state.tensors(), name + ".squares", &FitState::Tensor::name);
        ASSERT_NE(squares, state.tensors().end()) << name;
        for (std::size_t r = 0; r < table->rows(); r += name.starts_with("layer") ? 3 : 1) {
          if (name.starts_with("layer") && name.find("bias") == std::string::npos && r % 16 >= kFactors)
            continue;
          for (std::size_t c = r % 3; c < table->cols(); c += 3) {
            if (table->cols() % 16 == 0 && c % 16 >= kFactors) continue;
            float& x = (*table)[r][c];
            const float at = x;
            double sum = 0;
            walk(sessions, options, plain, [&](const auto& value, std::size_t) {
              x = at + 1e-3f;
              const double above = value(), up = static_cast<double>(x);
              x = at - 1e-3f;
              const double slope = (above - value()) / (up - static_cast<double>(x));
              x = at;
              sum += slope * slope;
            });
            EXPECT_NEAR(std::sqrt(squares->data[r * squares->stride + c]), std::sqrt(sum), 2e-4)
                << name << " " << r << ", " << c;
          }
        }
      }
    }
  }
}

TEST(GruTrainer, AStateIsThatOfTheSessionSoFar) {
  const Sessions sessions = some_sessions();
  for (const GruInput kind : {GruInput::kShared, GruInput::kOneHot}) {
    GruNet net = net_of(kind, 2);
    const GruTrainOptions options = still(3, kLosses[0]);
    GruTrainer trainer(sessions, options, {{.threads = 2}}, net);
    const double mean = trainer.run_epoch(0);
    // The same with each session run on its own, as a query is.
    const auto order = by_first_event(sessions);
    SessionSlots slots(sessions, order, options.slots);
    Candidates candidates(options.candidates, counts_of(sessions), 42);
    const Plain plain(net, kLosses[0]);
    std::vector<std::vector<idx_t>> histories(options.slots);
    double sum = 0;
    std::size_t events = 0;
    for (std::uint64_t number = 0; slots.next(); ++number) {
      for (const auto& [from, to] : slots.moved()) histories[to] = histories[from];
      for (const std::size_t slot : slots.begun()) histories[slot].clear();
      std::vector<idx_t> targets;
      for (std::size_t s = 0; s < slots.size(); ++s) targets.push_back(slots.target(s));
      candidates.draw(targets, number);
      for (std::size_t s = 0; s < slots.size(); ++s) {
        histories[s].push_back(slots.input(s));
        std::vector<float> state(kFactors);
        run_session(net.layers, net.input_table(), histories[s], state);
        sum += plain.loss({{state.begin(), state.end()}}, candidates, s);
        ++events;
      }
    }
    EXPECT_NEAR(mean, sum / static_cast<double>(events), 1e-5);
  }
}

std::vector<float> numbers_of(GruNet& net) {
  std::vector<float> all;
  for (auto& [name, table] : net.tables()) {
    for (std::size_t r = 0; r < table->rows(); ++r)
      all.insert(all.end(), (*table)[r].begin(), (*table)[r].end());
  }
  return all;
}

TEST(GruTrainer, SameBitsAtAnyNumberOfThreads) {
  std::vector<std::vector<idx_t>> lists(300);
  for (idx_t s = 0; s < lists.size(); ++s) {
    for (idx_t p = 0; p < 2 + s % 7; ++p) lists[s].push_back((s * 31 + p * p * 7) % 401);
  }
  const Sessions sessions = sessions_of(lists);
  for (const SampledLoss& loss : kLosses) {
    std::vector<float> first;
    for (const int threads : {1, 2, 3}) {
      GruNet net = random_gru_net(GruInput::kShared, 401, 37, 2, 3);
      const GruTrainOptions options = {.slots = 45,
                                       .candidates = {.negatives = 200},
                                       .loss = loss,
                                       .adagrad = {0.1f, 0.2f},
                                       .dropout = 0.2f,
                                       .embedding_dropout = 0.3f};
      GruTrainer trainer(sessions, options, {{.threads = threads}}, net);
      const double before = trainer.run_epoch(0);
      EXPECT_LT(trainer.run_epoch(1), before) << "it learns";
      if (threads == 1)
        first = numbers_of(net);
      else
        EXPECT_EQ(numbers_of(net), first) << threads << " threads";
    }
  }
}

TEST(GruTrainer, RowsThatAMinibatchDoesNotTouchStay) {
  const Sessions sessions = sessions_of({{0, 1, 2}, {3, 4}});
  GruNet net = net_of(GruInput::kShared, 1);
  const GruNet before = net_of(GruInput::kShared, 1);
  GruTrainOptions options = still(2, kLosses[0]);
  options.adagrad = {0.1f, 0.5f};
  GruTrainer trainer(sessions, options, {{.threads = 1}}, net);
  trainer.run_epoch(0);
  for (idx_t i = 0; i < kItems; ++i)
    EXPECT_EQ(std::ranges::equal(net.items[i], before.items[i]), i > 4) << "item " << i;
}

TEST(GruTrainer, DrawnNegativesMatter) {
  const Sessions sessions = some_sessions();
  GruTrainOptions options = still(1, kLosses[0]);
  options.candidates.negatives = 0;
  GruNet net = net_of(GruInput::kShared, 1);
  GruTrainer alone(sessions, options, {{.threads = 1}}, net);
  EXPECT_NEAR(alone.run_epoch(0), 0, 1e-6) << "one slot has no negatives of its own";
  options.candidates.negatives = 20;
  GruTrainer trainer(sessions, options, {{.threads = 1}}, net);
  EXPECT_GT(trainer.run_epoch(0), 1);
}

}  // namespace
}  // namespace akin
