// What an import did, as text.
#pragma once

#include <string>

#include "akin/data/builder.h"

namespace akin {

/// Lines read, what was rejected with its first positions, what each filter removed, notes, what is left.
std::string import_text(const ImportReport& report, const Dataset& data);

}  // namespace akin
