// akin import FORMAT FILE... -o DATA
#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/import_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/data/attribute_type.h"
#include "akin/data/dataset.h"
#include "akin/data/dataset_io.h"
#include "akin/data/readers/readers.h"
#include "akin/experiment/labelled_pictures.h"
#include "akin/image/item_pictures.h"
#include "akin/report/import_report.h"
#include "akin/report/json.h"

namespace akin::cli {
namespace {

std::string import_overview() {
  std::string text =
      "Usage: akin import FORMAT FILE... -o DATA [flags]\n\nReads raw files into a data set, the input of "
      "every other command. Files may be compressed\n(gzip, zstd); - is standard input. Lines that cannot be "
      "used are counted, with their positions.\n\nFormats (`akin import FORMAT --help` shows the flags of "
      "each):\n";
  std::vector<Listed> entries;
  for (const Format& format : formats()) entries.push_back({format.name, format.summary});
  text += listing(entries);
  text +=
      "\nExamples:\n"
      "  akin import csv events.csv --user customer --item product -o events.data\n"
      "  akin import jsonl clicks.jsonl.gz --item sku -o clicks.data\n"
      "  akin import amazon reviews.json.gz --meta meta.json.gz -o events.data\n"
      "  akin import text articles.txt --lowercase --phrases 2 -o words.data\n"
      "  zcat big.csv.gz | akin import csv - -o events.data\n";
  return text;
}

struct ImportCommand {
  std::string out;
  std::string name;
  ImportRequest request;
  std::vector<std::string> drop_columns;
  bool dry_run = false;
  bool drop_unseen_items = false;
  std::string pictures;
  int twin_bits = 0;
  std::vector<std::string> types;
  FilterFlags filters;
};

std::function<std::vector<std::string>(const std::string&)> files_found_by(const Format& format) {
  if (format.also_reads == nullptr) return {};
  return format.also_reads;
}

ValueKind value_kind(FormatOption::Kind kind) {
  switch (kind) {
    case FormatOption::Kind::kText:
      return ValueKind::kText;
    case FormatOption::Kind::kSwitch:
      return ValueKind::kSwitch;
    case FormatOption::Kind::kInput:
      return ValueKind::kInput;
    case FormatOption::Kind::kInputs:
      return ValueKind::kInputList;
    case FormatOption::Kind::kOutput:
      return ValueKind::kOutput;
  }
  return ValueKind::kText;
}

CommandLine declare(const Format& format, ImportCommand& command) {
  CommandLine line("import " + std::string(format.name),
                   fmt::format("Reads {} files into a data set. Format: {}.", format.name, format.summary));
  line.add({"FILE...", "", InputPath{.where = &command.request.files, .also = files_found_by(format)},
            "files to read, plain or compressed; - = standard input", Need::kRequired});
  line.add({"-o,--out", "DATA", OutputPath{&command.out}, "data set to write; needed without --dry-run"});
  line.add({"--dry-run", "", &command.dry_run,
            "read the files, show what each column is taken for and what is doubtful, and write nothing"});
  line.add({"--name", "TEXT", Text{&command.name},
            "name of the data set in tables; default: the first file's name"});
  line.add({"--strict", "", &command.request.strict, "stop at the first line that cannot be used"});
  line.add({"--accept-rejected", "", &command.request.accept_rejected,
            "import the rest of a file most of whose lines cannot be used, which is an error else"});
  line.add({"--drop-unseen-items", "", &command.drop_unseen_items,
            "leave out items with attributes but no events; by default they are kept, to be placed by their "
            "content"});
  line.add({"--pictures", "SOURCE", InputPath{&command.pictures},
            "pictures of the items: a folder or archive (tar, zip) of ID.jpg, ID_2.jpg or ID/any.jpg, or a "
            "CSV of id "
            "and path"});
  line.add({"--near-duplicates", "BITS", &command.twin_bits,
            "with --pictures: items whose pictures differ in so many of 64 bits of a perceptual hash "
            "(dHash), up to 7, are "
            "marked as twins, which cold-items splits keep on one side; -1 = no item has a twin",
            Need::kOptional, -1, "0"});
  line.add({"--keep-unseen-users", "", &command.request.keep_unseen_users,
            "keep users with attributes but no events"});
  line.add({"--types", "NAME=TYPE", Text{&command.types},
            "type of an attribute: text, category, number, date, picture, or list:SEPARATOR such as list:; "
            "or list:comma; "
            "default: by its name and values; several separated by commas"});
  line.section("Privacy (docs/privacy.md)");
  line.add(
      {"--pseudonyms", "KEYFILE", InputPath{&command.request.pseudonyms},
       "replace user ids by pseudonyms made with the secret key in this file; creates the file if it does "
       "not exist; `akin pseudonym` prints the pseudonym of an id"});
  line.add({"--drop-columns", "A,B", Text{&command.drop_columns},
            "columns, keys or attributes to leave out of the data set, such as text,summary"});
  line.section(fmt::format("Flags of {}", format.name));
  for (const FormatOption& option : format.options) {
    std::string flag = "--" + std::string(option.name);
    std::ranges::replace(flag, '_', '-');
    const ValueKind kind = value_kind(option.kind);
    line.add({flag, kind == ValueKind::kSwitch ? "" : "TEXT",
              NamedValue{&command.request.options, std::string(option.name), kind}, std::string(option.help),
              Need::kOptional, 0, std::string(option.default_value)});
  }
  command.filters.add_to(line);
  return line;
}

std::map<std::string, AttributeType> parse_types(const std::vector<std::string>& texts) {
  std::map<std::string, AttributeType> types;
  for (const std::string& text : split_lists(texts)) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
      fail(ErrorCode::kUsage, "--types: '{}' is not NAME=TYPE, such as price=number", text);
    types[text.substr(0, equals)] = parse_attribute_type(text.substr(equals + 1));
  }
  return types;
}

/// What a run that writes nothing must not be given.
void prepare_dry_run(const Format& format, ImportCommand& command) {
  for (const FormatOption& option : format.options) {
    if (option.kind == FormatOption::Kind::kOutput &&
        command.request.options.contains(std::string(option.name)))
      fail(ErrorCode::kUsage, "--dry-run writes nothing; leave out the flag for {}", option.name);
  }
  command.request.pseudonyms.clear();  // which would make a key
}

/// Imports; with --dry-run the columns are shown whatever comes of it.
Dataset import_data(const Format& format, const ImportCommand& command, const ImportFilters& filters,
                    bool json, ImportReport& report, const Session& session) {
  try {
    return import_dataset(format.name, command.request, filters, report, session.context());
  } catch (const Error&) {
    if (command.dry_run && !json) print(columns_text(report) + doubts_text(report));
    throw;
  }
}

void add_pictures(Dataset& data, const std::string& source, int twin_bits, Session& session) {
  const PictureMatches found = attach_pictures(data, source, session.context());
  session.remark(fmt::format("{}: {} pictures of {} of {} items{}", source, format_count(found.pictures),
                             format_count(found.items), format_count(data.n_items()),
                             found.others == 0
                                 ? ""
                                 : fmt::format("; {} belong to no item, such as {}",
                                               format_count(found.others), fmt::join(found.examples, ", "))));
  if (twin_bits < 0) return;
  const ItemTwins twins = mark_twins(data, twin_bits, session.context());
  if (twins.items == 0) return;
  session.remark(
      fmt::format("{}: {} items have the picture of another one, such as {} that of {}; cold-items splits "
                  "keep them on one side",
                  source, format_count(twins.items), twins.another, twins.first));
}

}  // namespace

int run_import(const Args& args) {
  if (args.empty())
    fail(ErrorCode::kUsage, "name a format: akin import FORMAT FILE... -o DATA; see `akin import --help`");
  if (args[0] == "--help" || args[0] == "-h") {
    print(import_overview());
    return kSuccess;
  }
  const Format& format = find_format(args[0]);
  ImportCommand command;
  CommandLine line = declare(format, command);
  if (!line.parse({args.begin() + 1, args.end()})) return kSuccess;
  if (command.out.empty() && !command.dry_run)
    fail(ErrorCode::kUsage, "import {}: --out is missing, the data set to write; --dry-run writes none",
         format.name);
  ImportReport report;
  report.quotes = command.request.pseudonyms.empty();
  if (command.dry_run) prepare_dry_run(format, command);
  if (command.twin_bits > 7)
    fail(ErrorCode::kUsage, "--near-duplicates must be at most 7, not {}", command.twin_bits);
  const ImportFilters filters = command.filters.filters();
  command.request.types = parse_types(command.types);
  command.request.keep_unseen_items = !command.drop_unseen_items;
  command.request.drop_columns = split_lists(command.drop_columns);
  Session session(line.common);
  Dataset data = import_data(format, command, filters, line.common.json, report, session);
  if (!command.name.empty()) data.name = command.name;
  if (!command.pictures.empty()) add_pictures(data, command.pictures, command.twin_bits, session);
  session.context().check_stop();
  if (!command.dry_run) save_dataset(data, command.out, session.context().ranks());
  session.progress().clear();
  if (line.common.json) {
    nlohmann::json result = import_json(report, data);
    result["data"] = command.dry_run ? nlohmann::json() : nlohmann::json(command.out);
    print_json(result);
    return kSuccess;
  }
  if (!line.common.quiet || command.dry_run) print(columns_text(report));
  print(import_text(report, data));
  if (command.dry_run) return kSuccess;
  const std::string file = shell_word(command.out);
  print(fmt::format("wrote     {}\n", file));
  if (!line.common.quiet)
    print(fmt::format("\nNext: akin describe {0}\n      akin compare -d {0} --models all\n", file));
  return kSuccess;
}

}  // namespace akin::cli
