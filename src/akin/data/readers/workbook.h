// What a workbook of Excel says besides the cells of its sheets.
#pragma once

#include <string>
#include <vector>

#include "akin/base/zip_archive.h"

namespace akin {

/// How a number is shown.
enum class NumberStyle { kNumber, kDate, kTime };

/// How a format such as "dd.mm.yyyy hh:mm" or "0.00" shows numbers.
NumberStyle style_of_format(std::string_view format);

struct Workbook {
  struct Sheet {
    std::string name;
    std::string part;  ///< its file in the archive
  };
  std::vector<Sheet> sheets;         ///< of cells, in order
  std::vector<std::string> strings;  ///< that cells name by number
  std::vector<NumberStyle> styles;   ///< of cells, by number
  bool since_1904 = false;           ///< dates count from 1904, else from 1900

  /// The sheet of that name, the first for "". Throws Error(kUsage) with the names there are.
  const Sheet& sheet(const std::string& name, const std::string& path) const;
};

/// Throws Error(kBadData) if it is no workbook (xlsx).
Workbook read_workbook(const ZipArchive& archive);

/// A number of days, as Excel stores dates, as "2024-01-31" or "2024-01-31 12:30:00" (".250" if it has milliseconds);
/// a time of day as "12:30:00"; "" for a day outside the years 1900 to 9999.
std::string date_text(double days, NumberStyle style, bool since_1904);
/// A number as a person would write it: 17850, 0.1.
std::string number_text(double number);

}  // namespace akin
