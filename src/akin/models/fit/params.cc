#include "akin/models/fit/params.h"

#include "akin/base/error.h"
#include "akin/base/safetensors.h"

namespace akin {

Param factors_param(int* factors, SearchRange search) {
  return {"factors", factors, "length of the vectors", 1, 4096, {}, true, search};
}

Param epochs_param(int* epochs, std::string_view help) { return {"epochs", epochs, help, 0, 100'000}; }

Param learning_rate_param(float* learning_rate, std::string_view help, SearchRange search) {
  return {"learning_rate", learning_rate, help, 1e-7, 10, {}, true, search};
}

Param learning_rate_decay_param(float* learning_rate_decay) {
  constexpr std::string_view kHelp = "the step length is multiplied by this after every epoch";
  return {"learning_rate_decay", learning_rate_decay, kHelp, 0.01, 1, {}, false, {0.85, 1}};
}

Param bias_regularization_param(float* bias_regularization, double max, SearchRange search) {
  constexpr std::string_view kHelp = "lambda_b, the penalty on biases";
  return {"bias_regularization", bias_regularization, kHelp, 0, max, {}, true, search};
}

Param init_length_param(float* init_sigma) {
  constexpr std::string_view kHelp = "vectors start from N(0, init_sigma^2 / factors)";
  return {"init_sigma", init_sigma, kHelp, 1e-9, 100, {}, true};
}

void read_params(const TensorReader& reader, const std::vector<Param>& params) {
  for (const Param& param : params) {
    const std::string& text = reader.meta("model." + std::string(param.name));
    try {
      set_param(param, text);
    } catch (const Error& error) {
      reader.inconsistent(error.what());
    }
  }
}

}  // namespace akin
