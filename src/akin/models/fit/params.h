// Parameters that many models have: the same words and bounds wherever they mean the same.
#pragma once

#include "akin/base/param.h"

namespace akin {

class TensorReader;  // base/safetensors.h

/// `search` is where a tuner looks.
Param factors_param(int* factors, SearchRange search);
/// `help` says what one epoch is.
Param epochs_param(int* epochs, std::string_view help);
/// `help` says of which epoch, in what units.
Param learning_rate_param(float* learning_rate, std::string_view help, SearchRange search);
Param learning_rate_decay_param(float* learning_rate_decay);
/// Of a model that penalizes its biases on their own.
Param bias_regularization_param(float* bias_regularization, double max, SearchRange search);
/// Of vectors of the same expected length, however many numbers they have.
Param init_length_param(float* init_sigma);

}  // namespace akin
