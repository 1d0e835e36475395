// What an import did, as text.
#pragma once

#include <string>

#include "akin/data/builder.h"

namespace akin {

/// What each column of each table was taken for; "" if there are no tables.
std::string columns_text(const ImportReport& report);
/// What is doubtful about the columns, a line each; "" if there is nothing.
std::string doubts_text(const ImportReport& report);
/// Lines read, what was rejected with its first positions, what each filter removed, doubts, notes, what is left.
std::string import_text(const ImportReport& report, const Dataset& data);

}  // namespace akin
