// Trains a net on samples: epochs, validation, early stopping, checkpoints.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/nn/net.h"

namespace akin::nets {

/// One pass over the samples.
struct EpochResult {
  std::uint64_t epoch = 0;  ///< from 1, counted over all calls of fit()
  nn::Scores scores;
  double seconds = 0;
};

struct History {
  std::vector<EpochResult> epochs;
  std::uint64_t best_epoch = 0;  ///< with patience: whose weights the net has; else 0
  bool stopped_early = false;
  /// One score of all epochs, in order.
  std::vector<double> of(const std::string& name) const;
};

struct FitOptions {
  int epochs = 1;  ///< 0 = learn nothing
  std::int64_t batch_size = 32;
  /// The last share of the samples, cut off before anything is shuffled (as Keras does); 0 = none.
  double validation_split = 0;
  const nn::Batch* validation = nullptr;                ///< given validation samples; not owned
  const nn::SampleSource* validation_source = nullptr;  ///< the same, read when they are needed
  bool shuffle = true;
  /// Stops after this many epochs without a better `monitor`, and takes the best epoch's weights; 0 = never.
  int patience = 0;
  double min_delta = 0;  ///< smaller gains are none
  /// The learning rate of epoch `epoch`, from 0; none = that of Net::compile() in all.
  std::function<double(std::uint64_t epoch)> rate = {};
  /// A score; empty = val_loss, without validation loss. Accuracies are best when high.
  std::string monitor = "";
  std::string checkpoint = "";  ///< the net is saved here after each epoch; "{}" becomes the epoch's number
  /// What must be the same for a fit to continue from its checkpoint, by name, such as {"seed", "7"}. If there is any,
  /// the checkpoint holds it, and the weights of the best epoch.
  std::map<std::string, std::string> identity = {};
  /// Continues from the checkpoint, if it is there: the same bits as a fit that was never stopped, on one thread. Of a
  /// net that is not trained yet.
  bool resume = false;
  /// Called after each epoch; false ends the fit.
  std::function<bool(const EpochResult&)> on_epoch = {};
};

/// Trains; called again it continues (Net::train_epoch says what it depends on). Throws Error(kUsage) where samples or
/// options do not suit the net, Error(kBadData) with advice if the loss is no longer finite, Error(kCancelled).
/// To resume, Error(kBadData) where the checkpoint is of another fit.
History fit(nn::Net& net, const nn::Batch& samples, const FitOptions& options, const Context& context);
/// The same of samples that are read when they are needed.
History fit(nn::Net& net, nn::SampleSource& samples, const FitOptions& options, const Context& context);

}  // namespace akin::nets
