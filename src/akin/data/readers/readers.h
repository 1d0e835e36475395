// Reading the file formats users have (docs/formats.md). One file per format implements
// one of these functions.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/builder.h"

namespace akin {

/// What to import: the format's files and its options by name, such as {"delimiter", ";"}.
struct ImportRequest {
  std::vector<std::string> files = {};  ///< "-" = standard input
  std::map<std::string, std::string> options = {};
  bool strict = false;
  bool keep_unseen_items = true;                    ///< keep items that have attributes but no events
  bool keep_unseen_users = false;                   ///< keep users that have attributes but no events
  std::map<std::string, AttributeType> types = {};  ///< of attributes; those without are guessed
  /// Names of columns, keys or attributes that must not reach the data set (DroppedColumns).
  std::vector<std::string> drop_columns = {};
  /// File of the key whose pseudonyms take the place of the users' ids (Pseudonyms); it is made if it is not
  /// there. "" = ids stay.
  std::string pseudonyms = "";
  /// Import what can be used of a file though most of its lines cannot, which is an error else.
  bool accept_rejected = false;
};

/// An option of one format: a flag of `akin import FORMAT`.
struct FormatOption {
  enum class Kind {
    kText,
    kSwitch,  ///< given without a value: "true"
    kInput,   ///< a file or folder that is read
    kInputs,  ///< files that are read, separated by commas
    kOutput,  ///< a file that is written
  };
  std::string_view name;  ///< such as "delimiter"
  std::string_view help;
  std::string_view default_value = "";
  Kind kind = Kind::kText;
};

/// A file format akin reads.
struct Format {
  std::string_view name;
  std::string_view summary;  ///< one line for --help
  std::vector<FormatOption> options;
  /// Reads all files of the request into the builder. Unusable lines go to report.rejections; throws Error
  /// for a missing file, a damaged archive, wrong options.
  void (*read)(const ImportRequest& request, DatasetBuilder& builder, ImportReport& report,
               const Context& context);
  /// Files that read() finds by itself because `file` is given, such as those beside it; null = none.
  std::vector<std::string> (*also_reads)(const std::string& file) = nullptr;
};

/// All formats, in the order of the documentation.
const std::vector<Format>& formats();
/// Throws Error(kUsage) with the nearest names.
const Format& find_format(std::string_view name);

/// Runs a whole import: read, filter, build, put pseudonyms in the place of ids. Throws Error(kUsage) for an
/// option the format does not have, and for columns to drop that the files do not have. Collective: several ranks of the
/// context read the files together; each gets the events of its share of the users, the first one the report and all
/// reviews.
Dataset import_dataset(std::string_view format, const ImportRequest& request, const ImportFilters& filters,
                       ImportReport& report, const Context& context = {});
/// The same for who needs no report; remarks say how many lines were rejected, if any, and what is doubtful.
Dataset import_dataset(std::string_view format, const ImportRequest& request,
                       const ImportFilters& filters = {}, const Context& context = {});

}  // namespace akin
