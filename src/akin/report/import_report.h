// What an import did, for people and programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "akin/data/builder.h"

namespace akin {

/// Lines read, what was rejected with its first positions, what each filter removed, notes, what is left.
std::string import_text(const ImportReport& report, const Dataset& data);
nlohmann::json import_json(const ImportReport& report, const Dataset& data);

}  // namespace akin
