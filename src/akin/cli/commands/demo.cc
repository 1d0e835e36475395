// akin demo: the whole way on a made-up data set.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/io.h"
#include "akin/base/made_folder.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/data/dataset.h"
#include "akin/data/item_content.h"
#include "akin/data/readers/readers.h"
#include "akin/data/split_dataset.h"
#include "akin/experiment/compare.h"
#include "akin/experiment/labelled_pictures.h"
#include "akin/experiment/text_experiment.h"
#include "akin/nn/engine.h"
#include "akin/report/demo_report.h"
#include "akin/report/import_report.h"
#include "akin/report/item_text.h"
#include "akin/report/json.h"
#include "akin/report/report.h"
#include "akin/serve/service.h"
#include "akin/store/make_bundle.h"

namespace akin::cli {
namespace {

constexpr std::size_t kShown = 5;  // items per list
// Files in the folder.
constexpr const char *kData = "events.data", *kBundle = "best.akin", *kContent = "content.akin",
                     *kNet = "look.image", *kLook = "look.akin", *kReport = "report.html";
constexpr std::array kFiles = {kData, kBundle, kContent, kNet, kLook, kReport};

/// Runs the steps and tells each as it is done.
class Demo {
 public:
  Demo(const Common& common, std::string directory) : session_(common), directory_(std::move(directory)) {}

  void run(const SyntheticConfig& config);

 private:
  void tell(std::string_view text);
  void step(std::string_view title);
  Dataset import_raw_files();
  BestModel compare_models(const SplitDataset& data);
  Service keep(BestModel best, SplitDataset data);
  void ask(const Service& service);
  Service by_content(const SplitDataset& data, ModelSpec spec, const std::string& path);
  std::string train_net(const Dataset& data);
  std::optional<Service> by_look(const SplitDataset& data);
  void ask_unseen(const Service& content, DemoExample example, const std::string& path);

  Session session_;
  std::string directory_;
  DemoResults results_;
  int step_ = 0;
};

void Demo::tell(std::string_view text) {
  session_.progress().clear();
  if (session_.common().json) return;
  print(text);
  flush_output();
}

void Demo::step(std::string_view title) {
  ++step_;
  tell(fmt::format("{}== {}. {}\n", step_ > 1 ? "\n" : "", step_, title));
}

Dataset Demo::import_raw_files() {
  const SyntheticFiles& files = results_.files;
  ImportRequest request{.files = {files.reviews}, .options = {{"meta", files.metadata}}};
  results_.import_command =
      fmt::format("akin import amazon {} --meta {}", shell_word(files.reviews), shell_word(files.metadata));
  if (!files.images.empty()) {
    request.options["images"] = files.images;
    results_.import_command += " --images " + shell_word(files.images);
  }
  results_.import_command += fmt::format(" --name demo -o {}", shell_word(results_.paths.data));
  Dataset data = import_dataset("amazon", request, {}, results_.import, session_.context());
  data.name = "demo";
  save_dataset(data, results_.paths.data);
  tell(fmt::format("$ {}\n{}", results_.import_command, import_text(results_.import, data)));
  return data;
}

/// Returns the best model that is personalized and finds similar products.
BestModel Demo::compare_models(const SplitDataset& data) {
  // deepconn, a net over all words of all reviews, would take longer than everything else together.
  tell(fmt::format("$ akin compare -d {} --models all,-deepconn\n", shell_word(results_.paths.data)));
  CompareOptions options{.map = true};
  options.keep_best = [](const ModelEntry& entry, const Model& model) {
    return entry.traits.personalized && model.has_similar();
  };
  Context context = session_.context();
  context.on_remark = {};
  CompareResult compared = compare(data, find_models({"all", "-deepconn"}), options, context);
  results_.comparison = std::move(compared.comparison);
  tell(results_.comparison.results.empty() ? "" : compare_text(results_.comparison));
  tell(failures_text(results_.comparison));
  if (!compared.best)
    fail(ErrorCode::kBadData, "no personalized model could be trained on this data set; try more --events");
  return std::move(*compared.best);
}

Service Demo::keep(BestModel best, SplitDataset data) {
  results_.best = best.spec.name();
  Bundle bundle = make_bundle(std::move(data), best.spec, session_.common().seed,
                              {std::move(best.model), best.fit_seconds});
  save_bundle(bundle, results_.paths.bundle);
  tell(wrap(choice_text(results_), 100, 0) + fmt::format("\nwrote {}\n", results_.paths.bundle));
  return Service(std::move(bundle));
}

/// What a user took next in truth, which the model has not seen: it is left out as all that the user has.
std::string truth_remark(const Service& service, const std::string& user, const Event& truth) {
  const Dataset& dataset = service.bundle().dataset;
  const auto list = service.recommend({.user = user, .k = dataset.n_items(), .include_seen = true}).items;
  std::size_t rank = 1;
  for (const Scored& entry : list) {
    if (entry.idx == truth.item) break;
    const bool known = std::ranges::any_of(dataset.events, [&](const Event& event) {
      return event.user == truth.user && event.item == entry.idx;
    });
    rank += known ? 0 : 1;
  }
  return fmt::format(
      "left out, as they have it: their real next item {} {}, which the model had not seen and ranks as "
      "number {}",
      dataset.items.id(truth.item), item_title(dataset, truth.item), rank);
}

void Demo::ask(const Service& service) {
  const Bundle& bundle = service.bundle();
  const Dataset& dataset = bundle.dataset;
  const std::string file = shell_word(results_.paths.bundle);
  const idx_t user = bundle.test.front().user;
  const std::string user_id(dataset.users.id(user));
  DemoExample known{"Recommendations for user " + user_id, "their last items, latest first",
                    last_items(dataset.events, user, kShown)};
  known.answer = service.recommend({.user = user_id, .k = kShown}).items;
  known.remark = truth_remark(service, user_id, bundle.test.front());
  known.command = fmt::format("akin recommend {} --user {}", file, shell_word(user_id));

  const idx_t other = bundle.test.back().user;
  DemoExample fresh{"Recommendations for somebody new", "three items they looked at",
                    last_items(dataset.events, other, 3)};
  std::vector<std::string> history;
  for (const idx_t item : fresh.items) history.emplace_back(dataset.items.id(item));
  fresh.answer = service.recommend({.history = history, .k = kShown}).items;
  fresh.command = fmt::format("akin recommend {} --history {}", file,
                              shell_word(fmt::format("{}", fmt::join(history, ","))));

  const idx_t item = known.items.front();
  const std::string item_id(dataset.items.id(item));
  DemoExample alike{"Products like " + item_id, "the product", {item}};
  alike.answer = service.similar(item_id, kShown, {});
  alike.command = fmt::format("akin similar {} --item {}", file, shell_word(item_id));

  for (DemoExample& example : std::vector<DemoExample>{known, fresh, alike}) {
    tell(fmt::format("$ {}\n{}\n", example.command, example_text(example, dataset)));
    results_.examples.push_back(std::move(example));
  }
}

/// A model that places products by what they are like.
Service Demo::by_content(const SplitDataset& data, ModelSpec spec, const std::string& path) {
  Context context = session_.context();
  context.on_remark = {};
  Fitted fitted = fit_model(spec, data.training_data(), {context});
  Bundle bundle = make_bundle(SplitDataset(data), spec, session_.common().seed, std::move(fitted));
  save_bundle(bundle, path);
  return Service(std::move(bundle));
}

/// A net that tells the categories of the products that were bought by their pictures; its file.
std::string Demo::train_net(const Dataset& data) {
  Context context = session_.context();
  context.on_remark = {};
  LabelledTexts pictures = read_labelled_pictures(results_.paths.data, {.target = "category"}, context).texts;
  const ItemContent content(data);
  std::set<std::string_view> bought;
  for (std::size_t i = 0; i < data.n_event_items(); ++i) {
    for (const std::string_view path : content.pictures(i)) bought.insert(path);
  }
  std::vector<idx_t> rows;
  for (idx_t p = 0; p < pictures.size(); ++p) {
    if (bought.contains(pictures.texts[p])) rows.push_back(p);
  }
  StoredTextModel net = train_text_model({.model = "image-cnn",
                                          .params = {{"size", "32"},
                                                     {"epochs", "12"},
                                                     {"batch_size", "32"},
                                                     {"flip", "false"},
                                                     {"shift", "2"},
                                                     {"learning_rate", "0.05"}},
                                          .validation_share = 0},
                                         select_texts(pictures, rows), nullptr, context);
  std::string path = std::filesystem::path(directory_) / kNet;
  save_text_model(net, path);
  return path;
}

/// A model that places products by their pictures: by a net, where nets are there, else by their edges.
std::optional<Service> Demo::by_look(const SplitDataset& data) {
  if (results_.files.images.empty()) return std::nullopt;
  ParamValues params = {{"features", "hog"}};
  if (nn::missing_library().empty()) params = {{"file", train_net(data.dataset)}};
  return by_content(data, ModelSpec("content-image", params), results_.paths.look);
}

/// How many products of the answer are of the category of the one asked about, which the model was not told.
std::string category_remark(const Dataset& dataset, idx_t item, const std::vector<Scored>& answer) {
  const std::string_view category = dataset.item_attributes.get("category", item);
  const auto same = std::ranges::count_if(answer, [&](const Scored& entry) {
    return dataset.item_attributes.get("category", entry.idx) == category;
  });
  return fmt::format("{} of the {} are of its category, {}", same, answer.size(), category);
}

void Demo::ask_unseen(const Service& content, DemoExample example, const std::string& path) {
  const Dataset& dataset = content.bundle().dataset;
  if (dataset.items_without_events == 0) return;
  const auto item = static_cast<idx_t>(dataset.n_event_items());
  const std::string id(dataset.items.id(item));
  example.items = {item};
  example.answer = content.similar(id, kShown, {});
  example.remark = category_remark(dataset, item, example.answer);
  example.command = fmt::format("akin similar {} --item {}", shell_word(path), shell_word(id));
  tell(fmt::format("$ {}\n{}\n", example.command, example_text(example, dataset)));
  results_.examples.push_back(std::move(example));
}

void Demo::run(const SyntheticConfig& config) {
  const auto start = std::chrono::steady_clock::now();
  MadeFolder made(directory_, "akin demo", "name another folder with -o");
  made.claim(std::vector<std::string>(kFiles.begin(), kFiles.end()));
  const std::filesystem::path root(directory_);
  results_.paths = {root / "raw",    root / kData, root / kBundle,
                    root / kContent, root / kLook, root / kReport};

  step("A synthetic data set as raw files");
  results_.files = write_synthetic(config, results_.paths.raw, session_.context());
  tell(fmt::format("{}: {} reviews, {} of text, {} items without any event\n", results_.paths.raw,
                   format_count(results_.files.events),
                   format_bytes(static_cast<double>(results_.files.bytes)),
                   format_count(results_.files.cold_items)));
  step("Import the raw files");
  Dataset data = import_raw_files();
  step("What is in it");
  results_.description = describe(data);
  tell(fmt::format("$ akin describe {}\n{}", shell_word(results_.paths.data),
                   describe_text(results_.description)));
  step("All models, measured on each user's held-out last event");
  SplitDataset parts =
      split_dataset(std::move(data), {.holdout = Holdout::kLast, .seed = session_.common().seed});
  BestModel best = compare_models(parts);
  const Service content =
      by_content(parts, ModelSpec("content-tfidf", {{"fields", "title,brand"}}), results_.paths.content);
  const std::optional<Service> look = by_look(parts);
  const Service service = keep(std::move(best), std::move(parts));
  step("Recommendations and similar products");
  ask(service);
  ask_unseen(content, {"A product nobody has bought, placed by its words", "the new product", {}},
             results_.paths.content);
  if (look) {
    DemoExample example{"The same product, placed by its look", "the new product", {}};
    example.by_look = true;
    ask_unseen(*look, std::move(example), results_.paths.look);
  }
  results_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_file(results_.paths.report, demo_html(results_, service.bundle().dataset, session_.context()));
  step("Next");
  tell(fmt::format("All of the above is in {} (made in {}).\n\n{}", results_.paths.report,
                   format_seconds(results_.seconds), next_text(results_)));
  if (session_.common().json) print_json(demo_json(results_, service.bundle().dataset));
}

}  // namespace

int run_demo(const Args& args) {
  SyntheticConfig config;
  std::string directory = "akin-demo";
  CommandLine line(
      "demo",
      "Runs every step on a synthetic data set: raw files, import, description, all models compared, "
      "recommendations, similar products, and a report as a web page.");
  const auto also_files = [](const std::string& folder) {
    std::vector<OutputPath::More> files;
    for (const char* const name : kFiles) files.push_back({(std::filesystem::path(folder) / name).string()});
    return files;
  };
  line.add({"-o,--out", "DIR", OutputPath{&directory, OutputPath::Form::kFolder, also_files},
            "directory for the data and the results"});
  line.add({"--users", "N", &config.users, "number of users", Need::kOptional, 2});
  line.add({"--items", "N", &config.items, "number of items", Need::kOptional, 2});
  line.add({"--events", "N", &config.events, "number of reviews", Need::kOptional, 1});
  line.example("akin demo");
  line.example("akin demo -o big --users 20000 --items 5000 --events 1000000");
  if (!line.parse(args)) return kSuccess;
  config.check();
  Demo(line.common, directory).run(config);
  return kSuccess;
}

}  // namespace akin::cli
