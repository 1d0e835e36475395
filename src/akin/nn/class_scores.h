// How well the outputs of a net are probabilities of one of two classes, such as a click.
#pragma once

#include "akin/nn/net.h"

namespace akin::nn {

/// Whether the loss is a cross-entropy, whose outputs are probabilities of classes.
bool predicts_classes(Loss loss);

/// Of a net of two classes (binary_crossentropy with one output, or a cross-entropy of categories with two outputs, the second
/// of which is the positive class) beside its loss:
///
///   AUC = share of (positive, negative) pairs of samples with the positive's probability higher, ties half (pair_area());
///         only where there are both
///   calibration = sum of the probabilities / number of positive samples (He et al. 2014, "Practical lessons from predicting
///         clicks on ads at Facebook"): 1 is right, 2 expects twice as many clicks as there are; only where there is a positive
///   ECE = expected calibration error: mean over samples of |mean probability - share of positives| in their tenth of the
///         probabilities 0 to 1 (Guo et al. 2017, "On calibration of modern neural networks")
///
/// Nothing of other nets, of targets other than 0 and 1, of outputs that are no probabilities, and without samples.
Scores class_scores(Loss loss, const Array& outputs, const Array& targets);

}  // namespace akin::nn
