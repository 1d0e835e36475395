// akin image train MODEL --data SOURCE -o FILE | akin image evaluate FILE|MODEL --data SOURCE | predict FILE PICTURE...
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/io.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/image_actions.h"
#include "akin/cli/commands/text_actions.h"
#include "akin/cli/output.h"
#include "akin/encode/image_models.h"
#include "akin/experiment/labelled_pictures.h"
#include "akin/experiment/text_experiment.h"
#include "akin/image/item_pictures.h"
#include "akin/report/picture_report.h"
#include "akin/report/text_report.h"

namespace akin::cli {
namespace {

constexpr int kBits = 0;  // of a difference_hash that near-duplicates may differ in

void add_data_flags(CommandLine& line, std::string& data, LabelledPictureFormat& format) {
  line.add(
      {"-d,--data", "SOURCE", InputPath{&data},
       "pictures in a folder for each class (or an archive of such: tar, zip); a table of paths and "
       "classes (csv, tsv, jsonl); an IDX file (X-images-idx3-ubyte.gz) with its labels beside it; or a data "
       "set, with --target",
       Need::kRequired});
  line.add(
      {"--target", "NAME", Text{&format.target}, "of a data set: the attribute of items that is the class"});
  line.add(
      {"--picture-column", "NAME", Text{&format.columns.text_column}, "of a table: column of the paths"});
  line.add(
      {"--label-column", "NAME", Text{&format.columns.label_column}, "of a table: column of the classes"});
}

LabelledPictures read_file(const std::string& data, const LabelledPictureFormat& format, Session& session) {
  LabelledPictures file = read_labelled_pictures(data, format, session.context());
  for (const std::string& note : file.notes) session.remark(note);
  return file;
}

LabelledTexts read_data(const std::string& data, const LabelledPictureFormat& format, Session& session) {
  return read_file(data, format, session).texts;
}

int cross_validate_image(const std::string& model, const Args& args) {
  std::string data, html, vectors;
  LabelledPictureFormat format;
  TextModelFlags flags;
  Resampling how{.folds = 5};
  int bits = kBits;
  CommandLine line(
      "image evaluate " + model,
      fmt::format("Cross-validates {}: each part of the pictures is told by a model of the others.", model));
  line.explain(
      "The parts are drawn at random from --seed; each has its share of each class. Near-duplicates stay "
      "together: "
      "no picture is tested whose twin was learned from.");
  add_data_flags(line, data, format);
  add_resampling_flags(line, how, "pictures");
  if (takes_picture_memo(model)) {
    line.add({"--vectors", "FILE", InputPath{&vectors},
              "of a data set: vectors of its items that `akin encode` wrote with the same features, in place "
              "of computing "
              "them"});
  }
  line.add({"--near-duplicates", "BITS", &bits,
            "of 64 bits of a perceptual hash (dHash), as many may differ between twins, up to 7; -1 = no "
            "picture has a twin",
            Need::kOptional, -1, std::to_string(kBits)});
  line.add({"--html", "FILE", OutputPath{&html}, "also write a self-contained web page"});
  add_text_model_flags(line, model, flags);
  line.example(fmt::format("akin image evaluate {} --data events.data --target category --folds 5", model));
  if (!line.parse(args)) return kSuccess;
  if (bits > 7) fail(ErrorCode::kUsage, "--near-duplicates must be at most 7, not {}", bits);
  static_cast<void>(find_text_model(model).complete(flags.params));
  check_resampling(line, how);
  Session session(line.common);
  const LabelledPictures file = read_file(data, format, session);
  const LabelledTexts& pictures = file.texts;
  TextTrainOptions options{
      .model = model, .params = flags.params, .validation_share = flags.validation_share};
  if (!vectors.empty()) options.memo = known_vectors(file, vectors);
  if (bits >= 0) {
    options.together = near_duplicates(pictures.texts, bits, session.context());
    if (!options.together.empty()) {
      session.remark(fmt::format("{} pairs of near-duplicates, such as {} and {}, stay in one part each",
                                 format_count(options.together.size()),
                                 pictures.texts[options.together[0].first],
                                 pictures.texts[options.together[0].second]));
    }
  }
  const TextEvaluation result = cross_validate(options, pictures, how, session.context());
  return print_text_evaluation(result, model, html, session, [&](HtmlReport& page) {
    add_picture_examples(page, select_texts(pictures, result.tested), result, nullptr, session.context());
  });
}

bool is_image_model(const std::string& name) {
  return std::ranges::find(image_models(), name, &TextModelEntry::name) != image_models().end();
}

/// The pictures that paths name: files, and those of folders and archives.
std::vector<std::string> pictures_of(const std::vector<std::string>& paths, const Context& context) {
  std::vector<std::string> pictures;
  for (const std::string& path : paths) {
    const bool archive = path.ends_with(".tar") || path.ends_with(".zip") || path.ends_with(".tar.gz");
    if (!archive && !std::filesystem::is_directory(path)) {
      pictures.push_back(path);
      continue;
    }
    const PictureFiles files = PictureFiles::open(path, context);
    for (std::size_t i = 0; i < files.size(); ++i)
      pictures.push_back(archive ? path + "#" + files.name(i)
                                 : (std::filesystem::path(path) / files.name(i)).string());
  }
  return pictures;
}

}  // namespace

int run_image_train(const Args& args) {
  if (args.empty() || !is_image_model(args[0])) {
    if (!args.empty() && (args[0] == "--help" || args[0] == "-h")) return run_image({"--help"});
    if (!args.empty() && !args[0].starts_with('-')) static_cast<void>(find_text_model(args[0]));
    fail(ErrorCode::kUsage,
         "name a model: akin image train image-linear --data SOURCE -o FILE; see `akin image --help`");
  }
  const std::string& model = args[0];
  const TextModelEntry& entry = find_text_model(model);
  std::string data, out;
  LabelledPictureFormat format;
  TextModelFlags flags;
  CommandLine line("image train " + model, fmt::format("Trains: {}.", entry.summary));
  add_data_flags(line, data, format);
  line.add({"-o,--out", "FILE", OutputPath{&out}, "file to write the model to", Need::kRequired});
  TextTrainOptions options{.model = model};
  if (entry.takes_validation) {
    line.add(
        {"--checkpoint", "FILE", OutputPath{&options.checkpoint}, "keep the last whole epoch in this file"});
    line.add({"--resume", "", &options.resume,
              "continue from the checkpoint; start from the beginning if there is none"});
  }
  add_text_model_flags(line, model, flags);
  line.example(fmt::format("akin image train {} --data photos/ -o shop.image", model));
  if (!line.parse({args.begin() + 1, args.end()})) return kSuccess;
  static_cast<void>(entry.complete(flags.params));
  if (options.resume && options.checkpoint.empty())
    fail(ErrorCode::kUsage, "--resume: name the file with --checkpoint");
  options.params = flags.params;
  options.validation_share = flags.validation_share;
  Session session(line.common);
  const LabelledTexts pictures = read_data(data, format, session);
  StoredTextModel stored = train_text_model(options, pictures, nullptr, session.context());
  session.context().check_stop();
  save_text_model(stored, out);
  session.progress().clear();
  if (line.common.json) {
    print_json({{"model", model},
                {"params", stored.params},
                {"pictures", stored.texts},
                {"classes", pictures.classes.size()},
                {"hash", stored.hash},
                {"file", out}});
    return kSuccess;
  }
  print(fmt::format("{} learned from {} pictures of {} classes\nwrote {} (hash {})\n", model,
                    format_count(stored.texts), format_count(pictures.classes.size()), out, stored.hash));
  return kSuccess;
}

int run_image_evaluate(const Args& args) {
  if (!args.empty() && is_image_model(args[0]))
    return cross_validate_image(args[0], {args.begin() + 1, args.end()});
  std::string path, data, html;
  LabelledPictureFormat format;
  CommandLine line("image evaluate", "Scores a trained model of pictures on labelled pictures.");
  line.explain(
      "With the name of a model in place of FILE, the model is cross-validated: `akin image evaluate "
      "image-linear "
      "--help`.");
  line.add({"FILE", "", InputPath{&path}, "file written by `akin image train`", Need::kRequired});
  add_data_flags(line, data, format);
  line.add({"--html", "FILE", OutputPath{&html}, "also write a self-contained web page"});
  line.example("akin image evaluate shop.image --data test/");
  if (!line.parse(args)) return kSuccess;
  Session session(line.common);
  const StoredTextModel stored = load_text_model(path, "image");
  const LabelledTexts pictures =
      with_classes(read_data(data, format, session), stored.model->classes(), data);
  const TextEvaluation result = evaluate_text_model(*stored.model, pictures, session.context());
  return print_text_evaluation(
      result, std::string(stored.model->name()), html, session, [&](HtmlReport& page) {
        add_picture_examples(page, pictures, result, stored.model.get(), session.context());
      });
}

int run_image_predict(const Args& args) {
  std::string path, out = "-";
  std::vector<std::string> paths;
  CommandLine line("image predict", "Tells the classes of pictures, with probabilities.");
  line.add({"FILE", "", InputPath{&path}, "file written by `akin image train`", Need::kRequired});
  line.add(
      {"PICTURE...", "", InputPath{&paths}, "pictures, or folders and archives of them", Need::kRequired});
  line.add({"-o,--out", "FILE", OutputPath{&out, OutputPath::Form::kPrintable},
            "CSV file to write; - = standard output"});
  line.example("akin image predict shop.image shoe.jpg bag.png");
  if (!line.parse(args)) return kSuccess;
  if (line.common.json && out != "-") fail(ErrorCode::kUsage, "-o writes CSV; leave -o or --json out");
  Session session(line.common);
  const StoredTextModel stored = load_text_model(path, "image");
  std::vector<std::string> pictures = pictures_of(paths, session.context());
  if (pictures.size() == 1) {
    static_cast<void>(PictureReader(session.context()).read(pictures[0]));
  } else {
    pictures = readable_pictures(pictures, session.context());  // others have no class
    if (pictures.empty()) fail(ErrorCode::kBadData, "no picture can be read");
  }
  const std::vector<std::string_view> views(pictures.begin(), pictures.end());
  const Matrix predictions = stored.model->predict(views, session.context());
  session.progress().clear();
  if (line.common.json) {
    nlohmann::json result = text_predictions_json(*stored.model, predictions);
    for (std::size_t i = 0; i < pictures.size(); ++i) result["predictions"][i]["picture"] = pictures[i];
    print_json(result);
    return kSuccess;
  }
  const std::string csv = text_predictions_csv(*stored.model, predictions, pictures);
  if (out == "-") {
    print_bytes(csv);
  } else {
    write_file(out, csv);
    print(fmt::format("wrote {} predictions: {}\n", format_count(pictures.size()), out));
  }
  return kSuccess;
}

}  // namespace akin::cli
