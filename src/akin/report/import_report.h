// What an import did, as text.
#pragma once

#include <string>

#include "akin/data/builder.h"

namespace akin {

/// What each column of each table was taken for, and what is doubtful about it; "" if there are no tables.
std::string columns_text(const ImportReport& report);
/// Lines read, what was rejected with its first positions, what each filter removed, notes, what is left.
std::string import_text(const ImportReport& report, const Dataset& data);

}  // namespace akin
