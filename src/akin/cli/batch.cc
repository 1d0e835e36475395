#include "akin/cli/batch.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "akin/base/io.h"
#include "akin/base/parallel.h"
#include "akin/cli/shop_text.h"
#include "akin/data/text/escaped_field.h"

namespace akin::cli {
namespace {

constexpr std::size_t kBlock = 2048;  // ids whose lines are held in memory at a time

std::string tsv_lines(const Batch& batch, idx_t query, const BatchList& list) {
  const std::string id = escaped_field(batch.ids.id(query));
  std::string text;
  for (std::size_t rank = 0; rank < list.items.size(); ++rank) {
    text += fmt::format("{}\t{}\t{}\t{}\n", id, escaped_field(batch.shop.items.id(list.items[rank].idx)),
                        rank + 1, list.items[rank].score);
  }
  return text;
}

std::string json_line(const Batch& batch, idx_t query, const BatchList& list) {
  nlohmann::json line = {{"items", ranked_json(batch.shop, list.items)}};
  set_id(line, batch.what, batch.ids.id(query));
  if (list.fallback) line["fallback"] = "popularity";
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

BatchCounts write_batch(const Batch& batch, const std::string& path, Session& session) {
  const Context& context = session.context();
  const bool as_json = session.common().json;
  AtomicFile file(path);
  if (!as_json)
    file.write(fmt::format("{}\t{}\trank\tscore\n", batch.what, batch.what == "item" ? "similar" : "item"));
  BatchCounts counts;
  const std::size_t total = batch.ids.size();
  const std::string unit = std::string(batch.what) + "s";
  std::vector<std::string> texts;
  std::vector<BatchList> lists;
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
  session.progress().clear();
  return counts;
}

}  // namespace akin::cli
