// What `akin net` prints about learning.
#pragma once

#include <string>
#include <vector>

#include "akin/nets/net_train.h"
#include "akin/nets/net_use.h"
#include "akin/nn/net.h"

namespace akin {

/// "epoch 3/5  4.5 s  loss 2.9960  val_loss 2.9219\n".
std::string epoch_line(const nets::EpochResult& epoch, std::uint64_t last);
/// "loss 0.1523  accuracy 0.9401".
std::string scores_text(const nn::Scores& scores);
/// Gradient norms as a table, with a remark where those of the first layers have vanished.
std::string norms_text(const std::vector<nn::GradientNorm>& norms);
/// The same by time step, a column a layer; of long sequences the first, the last and some steps between. Empty if
/// there are no recurrent layers.
std::string step_norms_text(const std::vector<nn::StepGradientNorms>& layers);
/// A whole page: loss by epoch, and the gradient norms if they were measured.
std::string trained_net_html(const nets::TrainedNet& trained);

/// A line of values a sample, with its targets if there are any, after a header.
std::string predictions_csv(const nets::NetPredictions& predictions);

}  // namespace akin
