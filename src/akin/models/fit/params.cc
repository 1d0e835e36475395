#include "akin/models/fit/params.h"

namespace akin {

Param factors_param(int* factors, SearchRange search) {
  return {"factors", factors, "dimension of the vectors", 1, 4096, {}, true, search};
}

Param epochs_param(int* epochs, std::string_view help) { return {"epochs", epochs, help, 0, 100'000}; }

Param learning_rate_param(float* learning_rate, std::string_view help, SearchRange search) {
  return {"learning_rate", learning_rate, help, 1e-7, 10, {}, true, search};
}

Param learning_rate_decay_param(float* learning_rate_decay) {
  constexpr std::string_view kHelp = "factor on the learning rate after each epoch";
  return {"learning_rate_decay", learning_rate_decay, kHelp, 0.01, 1, {}, false, {0.85, 1}};
}

Param bias_regularization_param(float* bias_regularization, double max, SearchRange search) {
  constexpr std::string_view kHelp = "lambda of the biases";
  return {"bias_regularization", bias_regularization, kHelp, 0, max, {}, true, search};
}

Param init_length_param(float* init_sigma) {
  constexpr std::string_view kHelp = "vectors start from N(0, init_sigma^2 / factors)";
  return {"init_sigma", init_sigma, kHelp, 1e-9, 100, {}, true};
}

}  // namespace akin
