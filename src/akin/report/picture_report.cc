#include "akin/report/picture_report.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "akin/image/decode.h"
#include "akin/image/drawings.h"
#include "akin/image/resize.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/topk.h"

namespace akin {
namespace {

constexpr int kSide = 128;
constexpr std::size_t kMistakes = 18, kQueries = 6, kNeighbors = 5;  // with the query a row of six

std::string class_of(const LabelledTexts& pictures, std::size_t picture) {
  return std::string(pictures.classes.id(pictures.labels[picture]));
}

/// The first picture of each of the most frequent classes.
std::vector<std::size_t> queries_of(const LabelledTexts& pictures) {
  std::vector<std::size_t> counts(pictures.classes.size()), first(counts.size());
  for (std::size_t i = pictures.size(); i-- > 0;) {
    ++counts[pictures.labels[i]];
    first[pictures.labels[i]] = i;
  }
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t c) { return counts[c]; });
  std::vector<std::size_t> queries;
  for (const std::size_t c : order) {
    if (counts[c] > 0 && queries.size() < kQueries) queries.push_back(first[c]);
  }
  return queries;
}

}  // namespace

void add_gallery(HtmlReport& page, std::string_view caption, const std::vector<ShownPicture>& pictures,
                 const Context& context) {
  std::vector<std::string> paths;
  for (const ShownPicture& picture : pictures) paths.push_back(picture.path);
  const std::vector<Picture> read = read_for_sheet(paths, kSide, context);
  std::vector<HtmlReport::Tile> tiles;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    if (read[i].empty()) continue;
    const Picture small = square(read[i], {.size = kSide, .fit = Fit::kPad});
    tiles.push_back({encode_png(small), pictures[i].text, pictures[i].framed});
  }
  if (!tiles.empty()) page.gallery(caption, tiles);
}

void add_picture_examples(HtmlReport& page, const LabelledTexts& pictures, const TextEvaluation& result,
                          const TextModel* model, const Context& context) {
  std::vector<std::size_t> wrong;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    if (result.predicted[i] != pictures.labels[i]) wrong.push_back(i);
  }
  std::ranges::stable_sort(wrong, std::greater(), [&](std::size_t i) { return result.probability[i]; });
  std::set<std::string_view> shown;  // random splits may test a picture again
  std::erase_if(wrong, [&](std::size_t i) { return !shown.insert(pictures.texts[i]).second; });
  wrong.resize(std::min(wrong.size(), kMistakes));
  std::vector<ShownPicture> mistakes;
  for (const std::size_t i : wrong) {
    mistakes.push_back(
        {pictures.texts[i], fmt::format("{:.0f} % {}, in truth {}", 100 * result.probability[i],
                                        result.classes[result.predicted[i]].name, class_of(pictures, i))});
  }
  add_gallery(page, "Mistakes that the model was surest of", mistakes, context);
  if (model == nullptr) return;
  const std::vector<std::string_view> views(pictures.texts.begin(), pictures.texts.end());
  Matrix vectors = model->vectors(views, context);
  normalize_rows(vectors);
  page.heading("Pictures that look alike to the model");
  for (const std::size_t query : queries_of(pictures)) {
    context.check_stop();
    if (is_zero(vectors[query])) continue;
    TopK nearest(kNeighbors);
    for (std::size_t i = 0; i < vectors.rows(); ++i) {
      if (i != query)
        nearest.push(static_cast<idx_t>(i), dot(vectors.row(i), vectors.row(query), vectors.cols()));
    }
    std::vector<ShownPicture> row = {{pictures.texts[query], class_of(pictures, query), true}};
    for (const Scored& found : nearest.take())
      row.push_back({pictures.texts[found.idx],
                     fmt::format("{} ({:.3f})", class_of(pictures, found.idx), found.score)});
    add_gallery(page, fmt::format("Nearest to a picture of {}", class_of(pictures, query)), row, context);
  }
}

}  // namespace akin
