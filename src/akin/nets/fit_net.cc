#include "akin/nets/fit_net.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/format.h"
#include "akin/models/fit/epochs.h"

namespace akin::nets {
namespace {

/// A net under training, and a copy of all that its next step depends on, which observers read and replace.
class Training {
 public:
  Training(NetTask task, nn::SampleSource& samples, const FitContext& context)
      : task_(std::move(task)),
        samples_(samples),
        context_(context),
        net_(nn::make_net(std::move(task_.spec), {.seed = context.seed})) {
    net_.compile(task_.compile);
    net_.set_gradient_parts(task_.gradient_parts);
    net_.set_threads(context.threads, task_.batch_size);
    if (context.observer != nullptr) copy_ = net_.state();
  }

  double run(int epoch) {
    const auto number = static_cast<std::uint64_t>(epoch);
    if (number != net_.epochs()) put(number);
    const nn::Scores scores = net_.train_epoch(samples_, task_.batch_size, /*shuffle=*/true,
                                               static_cast<std::uint64_t>(task_.epochs), context_);
    if (context_.observer != nullptr) take();
    return scores.at("loss");
  }

  /// The copy's tensors, in place.
  FitState state() {
    FitState state;
    for (nn::NamedArray& array : copy_) {
      auto& values = std::get<std::vector<float>>(array.values);
      const std::size_t cols = array.shape.empty() ? 1 : static_cast<std::size_t>(array.shape.back());
      state.add(array.name, values, std::max<std::size_t>(cols, 1));
    }
    return state;
  }

  /// Makes the net what the copy says, after `epochs` epochs.
  void put(std::uint64_t epochs) {
    const std::int64_t steps = (samples_.size() + task_.batch_size - 1) / task_.batch_size;
    net_.set_state(copy_, epochs, static_cast<std::uint64_t>(steps));
  }

  const nn::Net& net() const { return net_; }

 private:
  /// Into the memory that observers know.
  void take() {
    const std::vector<nn::NamedArray> now = net_.state();
    for (std::size_t i = 0; i < now.size(); ++i)
      std::ranges::copy(std::get<0>(now[i].values), std::get<0>(copy_[i].values).begin());
  }

  NetTask task_;
  nn::SampleSource& samples_;
  const FitContext& context_;
  nn::Net net_;
  std::vector<nn::NamedArray> copy_;  // only with an observer
};

/// What training takes: weights and gradients, what the optimizer remembers of them, the observer's copies, and the
/// model; what the layers give for a batch, and its gradients.
double memory_of(const NetTask& task, bool watched) {
  const double weights = static_cast<double>(task.spec.parameters());
  const double slots = 2;  // of adam; few optimizers have fewer
  double values = 0;
  for (std::size_t l = 0; l < task.spec.layers().size(); ++l)
    values += 2.0 * static_cast<double>(nn::count_of(task.spec.shape(l).output));
  return sizeof(float) *
         (weights * (3 + slots + (watched ? 1 + slots : 0) + (task.gradient_parts > 1 ? 2 : 0)) +
          static_cast<double>(task.batch_size) * values);
}

constexpr double kMuch = 250e6;  // bytes that are worth a word before training begins

}  // namespace

Param gradient_parts_param(int& parts) {
  return {"gradient_parts", &parts,
          "parts of each minibatch, whose gradients are added: what several processes (mpirun) divide; the "
          "result depends on it",
          1, 1024};
}

std::unique_ptr<Model> fit_net(NetTask task, nn::SampleSource& samples, const MakeModel& make,
                               const FitContext& context) {
  const int epochs = task.epochs;
  if (const double bytes = memory_of(task, context.observer != nullptr); bytes > kMuch) {
    context.remark(fmt::format("net {}: {} weights; training it needs about {} of memory", task.spec.name(),
                               format_count(static_cast<std::uint64_t>(task.spec.parameters())),
                               format_bytes(bytes)));
  }
  Training training(std::move(task), samples, context);
  run_epochs({.total = epochs,
              .run = [&](int epoch) { return training.run(epoch); },
              .snapshot = [&] { return make(training.net()); }},
             training.state(), context);
  if (context.observer != nullptr) training.put(training.net().epochs());  // the observer's choice
  return make(training.net());
}

}  // namespace akin::nets
