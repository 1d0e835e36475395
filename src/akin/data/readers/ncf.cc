// Format ncf: a leave-one-out split with the items each test item is ranked against (He et al. 2017).
#include "akin/base/error.h"
#include "akin/data/readers/delimited.h"
#include "akin/data/readers/event_reader.h"
#include "akin/data/readers/file_names.h"
#include "akin/data/readers/negatives.h"

namespace akin {
namespace {

/// What stands before ".train.rating", or the argument itself.
std::string prefix_of(const std::string& argument) {
  for (const std::string_view ending : {".train.rating", ".test.rating", ".test.negative"}) {
    const std::size_t at = argument.rfind(ending);
    if (at != std::string::npos) return argument.substr(0, at);
  }
  return argument;
}

/// True if a time of the file is not 0: some copies of the format hold zeros where the times are unknown.
bool has_times(const std::string& path, const Context& context) {
  ImportReport unused;
  RecordReader reader(path, {"", false}, unused, context);
  while (reader.next()) {
    if (reader.fields().size() >= 4 && reader.fields()[3] != "0") return true;
  }
  return false;
}

void read_ratings(const std::string& path, Subset subset, EventReader& events, ImportReport& report,
                  const Context& context) {
  EventColumns columns;
  columns.user = 0;
  columns.item = 1;
  columns.value = 2;
  columns.most = 4;
  if (has_times(path, context)) {
    columns.time = 3;
  } else {
    report.notes.push_back(fmt::format("{}: all times are 0, read as unknown", path));
  }
  events.start_file(columns, subset);
  RecordReader reader(path, {"", false}, report, context);
  events.add_all(reader);
}

void read_ncf(const ImportRequest& request, DatasetBuilder& builder, ImportReport& report,
              const Context& context) {
  const std::string prefix = prefix_of(request.files.at(0));
  for (const std::string& file : request.files) {
    if (prefix_of(file) != prefix) {
      fail(ErrorCode::kUsage, "ncf reads one data set at a time, not {} and {}", prefix, prefix_of(file));
    }
  }
  const std::string train = existing_file(prefix + ".train.rating"),
                    test = existing_file(prefix + ".test.rating");
  const std::string negatives = existing_file(prefix + ".test.negative");
  if (train.empty() || test.empty()) {
    fail(ErrorCode::kNotFound,
         "{}: no such file; ncf takes a prefix X of X.train.rating, X.test.rating, X.test.negative",
         prefix + (train.empty() ? ".train.rating" : ".test.rating"));
  }
  EventReader events({}, builder, report);
  read_ratings(train, Subset::kTrain, events, report, context);
  read_ratings(test, Subset::kTest, events, report, context);
  if (negatives.empty()) {
    report.notes.push_back("no " + prefix + ".test.negative: no candidates to rank against");
  } else {
    read_negatives({.path = negatives, .pairs_only = true}, builder, report, context);
  }
}

/// What read_ncf() reads because of an argument.
std::vector<std::string> files_for(const std::string& argument) {
  std::vector<std::string> files;
  for (const char* const ending : {".train.rating", ".test.rating", ".test.negative"}) {
    std::string path = existing_file(prefix_of(argument) + ending);
    if (!path.empty()) files.push_back(std::move(path));
  }
  return files;
}

}  // namespace

Format ncf_format() {
  return {"ncf",
          "X.train.rating, X.test.rating and X.test.negative; give the prefix X or one of the files",
          {},
          read_ncf,
          files_for};
}

}  // namespace akin
