#include "akin/report/list_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "akin/base/io.h"
#include "akin/base/parallel.h"
#include "akin/data/text/escaped_field.h"
#include "akin/report/json.h"

namespace akin {
namespace {

constexpr std::size_t kBlock = 2048;  // ids whose lines are held in memory at a time

/// What a batch goes over.
struct Batch {
  std::string_view what;  // "user" or "item": the name of the first column
  const IdMap& ids;
  const Dataset& dataset;
  ListFormat format;
  std::function<Recommendations(idx_t)> list;  // safe from many threads
};

std::string tsv_lines(const Batch& batch, idx_t query, const Recommendations& list) {
  const std::string id = escaped_field(batch.ids.id(query));
  std::string text;
  for (std::size_t rank = 0; rank < list.items.size(); ++rank) {
    text += fmt::format("{}\t{}\t{}\t{}\n", id, escaped_field(batch.dataset.items.id(list.items[rank].idx)),
                        rank + 1, list.items[rank].score);
  }
  return text;
}

std::string json_line(const Batch& batch, idx_t query, const Recommendations& list) {
  nlohmann::json line = {{"items", ranked_json(batch.dataset, list.items)}};
  set_id(line, batch.what, batch.ids.id(query));
  if (list.fallback) line["fallback"] = "popularity";
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

ListCounts write(const Batch& batch, const std::string& path, const Context& context) {
  const bool as_json = batch.format == ListFormat::kJsonLines;
  AtomicFile file(path);
  if (!as_json)
    file.write(fmt::format("{}\t{}\trank\tscore\n", batch.what, batch.what == "item" ? "similar" : "item"));
  ListCounts counts;
  const std::size_t total = batch.ids.size();
  const std::string unit = std::string(batch.what) + "s";
  std::vector<std::string> texts;
  std::vector<Recommendations> lists;
  for (std::size_t begin = 0; begin < total; begin += kBlock) {
    context.check_stop();
    const std::size_t size = std::min(kBlock, total - begin);
    texts.assign(size, "");
    lists.assign(size, {});
    parallel_for(size, context.threads, [&](std::size_t from, std::size_t to, int) {
      for (std::size_t i = from; i < to; ++i) {
        const auto query = static_cast<idx_t>(begin + i);
        lists[i] = batch.list(query);
        texts[i] = as_json ? json_line(batch, query, lists[i]) : tsv_lines(batch, query, lists[i]);
      }
    });
    for (std::size_t i = 0; i < size; ++i) {
      file.write(texts[i]);
      ++counts.lists;
      counts.lines += lists[i].items.size();
      counts.fallbacks += lists[i].fallback ? 1 : 0;
    }
    context.report({.phase = "writing", .done = begin + size, .total = total, .unit = unit});
  }
  context.check_stop();
  file.commit();
  return counts;
}

}  // namespace

ListCounts write_recommendations(const Service& service, const RecommendRequest& request,
                                 const std::string& path, ListFormat format, const Context& context) {
  const std::vector<char> allowed = service.allowed_items(request);
  const Dataset& dataset = service.bundle().dataset;
  return write({"user", dataset.users, dataset, format,
                [&](idx_t user) { return service.recommend(user, allowed, request); }},
               path, context);
}

ListCounts write_similar(const SimilarItems& items, std::size_t k, const std::string& path, ListFormat format,
                         const Context& context) {
  const Dataset& dataset = items.dataset();
  return write({"item", dataset.items, dataset, format,
                [&](idx_t item) { return Recommendations{items.similar(item, k)}; }},
               path, context);
}

}  // namespace akin
