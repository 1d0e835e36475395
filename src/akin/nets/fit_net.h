// Fits a net as every iterative model is fitted: with the epochs, observers and checkpoints of all.
#pragma once

#include <functional>
#include <memory>

#include "akin/base/param.h"
#include "akin/models/fit/context.h"
#include "akin/nn/net.h"
#include "akin/nn/sample_source.h"

namespace akin::nets {

/// A net and how it learns.
struct NetTask {
  nn::NetSpec spec;
  nn::CompileOptions compile = {};
  int epochs = 1;
  std::int64_t batch_size = 256;
  int gradient_parts = 1;  ///< nn::Net::set_gradient_parts()
};

/// The parameter of models whose nets several processes can train.
Param gradient_parts_param(int& parts);

/// Makes the model that a net stands for; the net may be trained further afterwards.
using MakeModel = std::function<std::unique_ptr<Model>(const nn::Net& net)>;

/// Trains from random weights of the context's seed, and makes the model of the last epoch, or of that which the
/// context's observer has chosen. On one thread the same seed gives the same bits, stopped and resumed or not, on one
/// rank or several: each has all samples, and they divide the parts of each minibatch. Memory: the net, its optimizer's
/// state, and with an observer a copy of both.
std::unique_ptr<Model> fit_net(NetTask task, nn::SampleSource& samples, const MakeModel& make,
                               const FitContext& context);

}  // namespace akin::nets
