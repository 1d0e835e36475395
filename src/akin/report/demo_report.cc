#include "akin/report/demo_report.h"

#include <fmt/format.h>

#include "akin/base/text.h"
#include "akin/image/item_pictures.h"
#include "akin/report/item_text.h"
#include "akin/report/json.h"
#include "akin/report/picture_report.h"
#include "akin/report/report.h"

namespace akin {
namespace {

using nlohmann::json;

TableRow item_row(const Dataset& dataset, idx_t item) {
  return {std::string(dataset.items.id(item)), std::string(dataset.item_attributes.get("title", item)),
          std::string(dataset.item_attributes.get("category", item))};
}

void add_pictures(HtmlReport& page, const DemoExample& example, const Dataset& dataset,
                  const Context& context) {
  std::vector<ShownPicture> pictures;
  const auto add = [&](idx_t item, bool framed) {
    pictures.push_back({std::string(dataset.item_attributes.get(kPictureAttribute, item)),
                        std::string(dataset.item_attributes.get("title", item)), framed});
  };
  for (const idx_t item : example.items) add(item, true);
  for (const Scored& entry : example.answer) add(entry.idx, false);
  add_gallery(page, "The product, framed, and what looks like it", pictures, context);
}

void add_example(HtmlReport& page, const DemoExample& example, const Dataset& dataset,
                 const Context& context) {
  page.heading(example.title, 3);
  if (!example.items.empty()) {
    std::vector<TableRow> rows;
    for (const idx_t item : example.items) rows.push_back(item_row(dataset, item));
    page.table("Given: " + example.given, {"item", "title", "category"}, rows);
  }
  std::vector<TableRow> rows;
  for (const Scored& entry : example.answer) {
    TableRow row = item_row(dataset, entry.idx);
    row.insert(row.begin(), std::to_string(rows.size() + 1));
    row.push_back(fmt::format("{:.4f}", entry.score));
    rows.push_back(std::move(row));
  }
  page.table("Answer", {"rank", "item", "title", "category", "score"}, rows);
  if (example.by_look) add_pictures(page, example, dataset, context);
  if (!example.remark.empty()) page.paragraph(example.remark);
  page.paragraph("The same from the command line: " + example.command);
}

}  // namespace

std::string choice_text(const DemoResults& results) {
  return fmt::format(
      "{} is best by NDCG@10 among the personalized models and is kept. It was chosen on these held-out "
      "events, "
      "so for an unbiased figure of the chosen model hold out other events again.",
      results.best);
}

std::string example_text(const DemoExample& example, const Dataset& dataset) {
  std::string text = example.title + "\n";
  if (!example.items.empty())
    text += fmt::format("given {}:\n{}", example.given, items_text(dataset, example.items));
  text += "answer:\n" + ranked_text(dataset, example.answer);
  if (!example.remark.empty()) text += example.remark + "\n";
  return text;
}

std::string next_text(const DemoResults& results) {
  return fmt::format(
      "More to try on this data set:\n"
      "  {}\n"
      "  akin evaluate {}\n"
      "\n"
      "Your own data, such as a table with columns user, item and time:\n"
      "  akin import csv events.csv -o events.data     (`akin import` lists the other formats)\n"
      "  akin describe events.data\n"
      "  akin compare -d events.data --models all\n"
      "  akin train {} -d events.data -o model.akin\n"
      "  akin recommend model.akin --user ID\n",
      results.examples.front().command, shell_word(results.paths.bundle), results.best);
}

std::string demo_html(const DemoResults& results, const Dataset& dataset, const Context& context) {
  HtmlReport page("akin demo: from raw files to recommendations");
  page.paragraph(
      "Synthetic data with planted tastes, styles and categories was written to raw files, imported and "
      "described. Every model was trained on one part and evaluated on the rest, and the best one made the "
      "recommendations.");
  page.heading("The data");
  page.paragraph("Imported with: " + results.import_command);
  add_description(page, results.description);
  page.heading("The models");
  add_comparison(page, results.comparison);
  page.paragraph(choice_text(results));
  page.heading("Examples");
  for (const DemoExample& example : results.examples) add_example(page, example, dataset, context);
  return page.html();
}

json demo_json(const DemoResults& results, const Dataset& dataset) {
  json examples = json::array();
  for (const DemoExample& example : results.examples) {
    examples.push_back({{"title", example.title},
                        {"given", items_json(dataset, example.items)},
                        {"answer", ranked_json(dataset, example.answer)},
                        {"remark", example.remark},
                        {"command", example.command}});
  }
  json comparison = comparison_json(results.comparison);
  return {{"files",
           {{"raw", results.paths.raw},
            {"data", results.paths.data},
            {"bundle", results.paths.bundle},
            {"content", results.paths.content},
            {"look", results.paths.look},
            {"report", results.paths.report}}},
          {"import", import_json(results.import, dataset)},
          {"description", describe_json(results.description)},
          {"models", std::move(comparison["models"])},
          {"tests", std::move(comparison["tests"])},
          {"best", results.best},
          {"examples", std::move(examples)},
          {"seconds", results.seconds}};
}

}  // namespace akin
