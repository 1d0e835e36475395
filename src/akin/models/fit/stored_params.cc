#include "akin/models/fit/stored_params.h"

#include "akin/base/error.h"
#include "akin/models/fit/old_names.h"

namespace akin {

void write_params(TensorWriter& writer, const std::vector<Param>& params) {
  for (const auto& [name, value] : get_params(params)) writer.meta("model." + name, value);
}

void read_params(const TensorReader& reader, const std::vector<Param>& params, std::string_view model) {
  for (const Param& param : params) {
    std::string key = "model." + std::string(param.name);
    if (!reader.has_meta(key)) {
      const std::string old_key = "model." + old_name(model, param.name);
      if (reader.has_meta(old_key)) key = old_key;
    }
    try {
      set_param(param, reader.meta(key));
    } catch (const Error& error) {
      reader.inconsistent(error.what());
    }
  }
}

}  // namespace akin
