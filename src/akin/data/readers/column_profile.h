// What the cells of a table's columns look like.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "akin/data/column_report.h"
#include "akin/data/string_column.h"

namespace akin {

/// Gathers the first rows of a table and says of each column what its cells are.
class ColumnProfile {
 public:
  static constexpr std::size_t kRows = 1000;
  static constexpr std::size_t kMostColumns = 1000;  ///< those after them have no report

  /// `header`: names of the columns; those beyond it are named by their numbers from 1.
  ColumnProfile(std::string file, std::vector<std::string> header, std::size_t width);
  /// The attribute that a column becomes, whose name and `types` say more of it than its cells.
  void set_attribute(std::size_t column, std::string_view name,
                     const std::map<std::string, AttributeType>& types);
  /// Adds a row; those after the first kRows are ignored.
  void add(std::span<const std::string_view> fields);
  /// One report a column, not used for anything yet: name, type as of an attribute, examples, share.
  std::vector<ColumnReport> reports() const;

 private:
  std::string file_;
  std::vector<std::string> header_;
  std::vector<StringColumn> columns_;
  std::vector<std::string> attributes_;         // by column, "" = none
  std::map<std::size_t, AttributeType> types_;  // those given, by column
  std::size_t rows_ = 0;
};

}  // namespace akin
