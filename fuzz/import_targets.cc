// Every format of `akin import`, with its options and the files that it may name.
#include <algorithm>
#include <array>

#include "akin/base/zip_for_test.h"
#include "akin/data/dataset.h"
#include "akin/data/readers/readers.h"
#include "harness.h"
#include "targets.h"

namespace akin::fuzz {
namespace {

constexpr std::array<std::string_view, 9> kFileOptions = {
    "meta",        "items",         "users",      "sequences",
    "phrase_file", "write_phrases", "vocabulary", "write_vocabulary",
    "negatives"};

/// Whatever was imported can be stored, and the stored data set is accepted and the same in size.
void check_round_trip(const Dataset& data) {
  const std::string path = path_of("imported.data");
  save_dataset(data, path);
  Dataset back;
  if (!attempt([&] { back = load_dataset(path); })) broken("a data set just imported cannot be loaded");
  if (back.events != data.events || back.n_users() != data.n_users() || back.n_items() != data.n_items())
    broken("a data set just imported is another one when it is loaded");
}

/// Once as it is, once where the first bad line is an error.
void import_all(std::string_view format, ImportRequest request) {
  request.accept_rejected = true;
  for (const bool strict : {false, true}) {
    request.strict = strict;
    request.keep_unseen_items = request.keep_unseen_users = !strict;
    attempt([&] {
      ImportReport report;
      check_round_trip(import_dataset(format, request, {}, report, context()));
    });
  }
}

/// Option "files" names what is imported, with commas between; without it the first file is.
void import(std::string_view format, std::string_view input) {
  const Files files = parse_files(input);
  ImportRequest request;
  for (const auto& [name, value] : files.options) {
    if (name == "files") {
      for (std::string_view rest = value; !rest.empty();) {
        const std::string_view one = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        request.files.push_back(one == "." ? folder() : path_of(one));
      }
    } else if (name == "images") {
      request.options[name] = folder();
    } else {
      const bool is_file = std::ranges::find(kFileOptions, name) != kFileOptions.end();
      request.options[name] = is_file ? path_of(value) : value;
    }
  }
  if (request.files.empty() && !files.paths.empty()) request.files = {files.paths[0]};
  import_all(format, request);
}

}  // namespace

void import_amazon(std::string_view input) { import("amazon", input); }
void import_atomic(std::string_view input) { import("atomic", input); }
void import_csv(std::string_view input) { import("csv", input); }
void import_jsonl(std::string_view input) { import("jsonl", input); }
void import_lists(std::string_view input) { import("lists", input); }
void import_movielens(std::string_view input) { import("movielens", input); }
void import_ncf(std::string_view input) { import("ncf", input); }
void import_pairs(std::string_view input) { import("pairs", input); }
void import_sessions(std::string_view input) { import("sessions", input); }
void import_text(std::string_view input) { import("text", input); }
void import_uirt(std::string_view input) { import("uirt", input); }

/// A workbook as it lies on the disk; or the files in it, each after \x1dNAME, so that changes reach what is inside.
void import_xlsx(std::string_view input) {
  std::string archive(input);
  if (input.starts_with('\x1d')) {
    std::vector<std::pair<std::string, std::string>> parts;
    for (input.remove_prefix(1); !input.empty();) {
      const std::string_view part = input.substr(0, input.find('\x1d'));
      input.remove_prefix(std::min(part.size() + 1, input.size()));
      const std::size_t line = std::min(part.find('\n'), part.size());
      parts.emplace_back(part.substr(0, line), part.substr(std::min(line + 1, part.size())));
    }
    archive = zip_of(parts, false);
  }
  ImportRequest request;
  request.files = {put("book.xlsx", archive)};
  import_all("xlsx", request);
}

}  // namespace akin::fuzz
