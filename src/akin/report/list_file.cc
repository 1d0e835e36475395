#include "akin/report/list_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "akin/base/communicator.h"
#include "akin/base/io.h"
#include "akin/base/parallel.h"
#include "akin/data/id_list.h"
#include "akin/data/text/escaped_field.h"
#include "akin/report/json.h"

namespace akin {
namespace {

constexpr std::size_t kBlock = 2048;  // ids whose lists a rank holds in memory at a time

/// What a batch goes over.
struct Batch {
  std::string_view what;  // "user" or "item": the name of the first column
  std::size_t size;
  std::function<std::string_view(std::size_t)> id;
  const Dataset& dataset;
  ListFormat format;
  std::function<Recommendations(std::size_t)> list;  // safe from many threads
};

std::string table_lines(const Batch& batch, std::string_view query, const Recommendations& list) {
  const bool csv = batch.format == ListFormat::kCsv;
  const auto field = csv ? csv_field : escaped_field;
  std::string text;
  for (std::size_t rank = 0; rank < list.items.size(); ++rank) {
    text +=
        fmt::format("{1}{0}{2}{0}{3}{0}{4}\n", csv ? ',' : '\t', field(query),
                    field(batch.dataset.items.id(list.items[rank].idx)), rank + 1, list.items[rank].score);
  }
  return text;
}

std::string json_line(const Batch& batch, std::string_view query, const Recommendations& list) {
  nlohmann::json line = {{"items", ranked_json(batch.dataset, list.items)}};
  if (!query.empty()) set_id(line, batch.what, query);
  if (list.fallback) line["fallback"] = "popularity";
  if (list.unknown.any()) line["unknown"] = unknown_json(list.unknown);
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// The text of the lists [begin, begin + size), which are counted.
std::string lists_text(const Batch& batch, std::size_t begin, std::size_t size, const Context& context,
                       ListCounts& counts) {
  const bool as_json = batch.format == ListFormat::kJsonLines;
  std::vector<std::string> texts(size);
  std::vector<Recommendations> lists(size);
  parallel_for(size, context.threads, [&](std::size_t from, std::size_t to, int) {
    for (std::size_t i = from; i < to; ++i) {
      lists[i] = batch.list(begin + i);
      const std::string_view id = batch.id(begin + i);
      texts[i] = as_json ? json_line(batch, id, lists[i]) : table_lines(batch, id, lists[i]);
    }
  });
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += texts[i];
    ++counts.lists;
    counts.lines += lists[i].items.size();
    counts.fallbacks += lists[i].fallback ? 1 : 0;
    counts.unknown += lists[i].unknown.user ? 1 : 0;
  }
  return text;
}

/// Collective. The texts of all ranks one after the other, on the first; nothing on the others.
std::string text_on_first(const Communicator& ranks, std::string own) {
  if (ranks.alone()) return own;
  std::vector<std::vector<char>> for_ranks(static_cast<std::size_t>(ranks.size()));
  for_ranks[0].assign(own.begin(), own.end());
  const std::vector<char> all = exchange_all(ranks, for_ranks);
  return {all.begin(), all.end()};
}

void add_over_ranks(const Communicator& ranks, ListCounts& counts) {
  std::uint64_t sums[] = {counts.lists, counts.lines, counts.fallbacks, counts.unknown};
  add_over_ranks(ranks, std::span<std::uint64_t>(sums));
  counts = {sums[0], sums[1], sums[2], sums[3]};
}

/// Each rank makes its share of a block of lists, and the first writes them.
ListCounts write(const Batch& batch, const std::string& path, const Context& context) {
  const Communicator& ranks = context.ranks();
  std::optional<AtomicFile> file;
  if (ranks.first()) file.emplace(path);
  if (file && batch.format != ListFormat::kJsonLines) {
    file->write(fmt::format("{1}{0}{2}{0}rank{0}score\n", batch.format == ListFormat::kCsv ? ',' : '\t',
                            batch.what, batch.what == "item" ? "similar" : "item"));
  }
  ListCounts counts;
  const std::size_t total = batch.size, block = kBlock * static_cast<std::size_t>(ranks.size());
  const std::string unit = std::string(batch.what) + "s";
  for (std::size_t begin = 0; begin < total; begin += block) {
    context.check_stop();
    const std::size_t size = std::min(block, total - begin);
    const Share own = equal_share(size, ranks.rank(), ranks.size());
    const std::string text =
        text_on_first(ranks, lists_text(batch, begin + own.begin, own.size(), context, counts));
    if (file) file->write(text);
    context.report({.phase = "writing", .done = begin + size, .total = total, .unit = unit});
  }
  context.check_stop();
  add_over_ranks(ranks, counts);
  if (file) file->commit();
  return counts;
}

}  // namespace

ListFormat list_format_of(std::string_view path) {
  const auto ends_with = [&](std::string_view ending) {
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
    return path.size() >= ending.size() &&
           std::ranges::equal(path.substr(path.size() - ending.size()), ending, same);
  };
  if (ends_with(".csv")) return ListFormat::kCsv;
  return ends_with(".jsonl") || ends_with(".ndjson") ? ListFormat::kJsonLines : ListFormat::kTsv;
}

ListCounts write_recommendations(const Service& service, const RecommendRequest& request,
                                 std::span<const std::string> users, const std::string& path,
                                 ListFormat format, const Context& context) {
  const std::vector<char> allowed = service.allowed_items(request);
  const Dataset& dataset = service.bundle().dataset;
  const UnknownIds unknown = service.unknown_ids(request);  // the same of the history and exclusions of all
  const auto id = [&](std::size_t i) { return std::string_view(users[i]); };
  const auto list = [&](std::size_t i) {
    const auto user = find_id(dataset.users, users[i]);
    if (!user && request.strict) static_cast<void>(dataset.users.at(users[i], "user"));
    Recommendations answer = service.recommend(user, allowed, request);
    answer.unknown = unknown;
    answer.unknown.user = !user;
    return answer;
  };
  return write({"user", users.size(), id, dataset, format, list}, path, context);
}

ListCounts write_recommendations(const Service& service, const RecommendRequest& request,
                                 const std::string& path, ListFormat format, const Context& context) {
  const std::vector<char> allowed = service.allowed_items(request);
  const Dataset& dataset = service.bundle().dataset;
  const auto id = [&](std::size_t i) { return dataset.users.id(static_cast<idx_t>(i)); };
  const UnknownIds unknown = service.unknown_ids(request);
  const auto list = [&](std::size_t i) {
    Recommendations answer = service.recommend(static_cast<idx_t>(i), allowed, request);
    answer.unknown = unknown;
    answer.unknown.user = false;
    return answer;
  };
  return write({"user", dataset.n_users(), id, dataset, format, list}, path, context);
}

ListCounts write_recommendation(const Service& service, const RecommendRequest& request,
                                const std::string& path, ListFormat format, const Context& context) {
  const Recommendations answer = service.recommend(request);
  const std::string user = request.user.value_or("");
  const auto id = [&](std::size_t) { return std::string_view(user); };
  const auto list = [&](std::size_t) { return answer; };
  return write({"user", 1, id, service.bundle().dataset, format, list}, path, context);
}

ListCounts write_similar(const SimilarItems& items, std::size_t k, const std::string& path, ListFormat format,
                         const Context& context) {
  const Dataset& dataset = items.dataset();
  const auto id = [&](std::size_t i) { return dataset.items.id(static_cast<idx_t>(i)); };
  const auto list = [&](std::size_t i) { return Recommendations{items.similar(static_cast<idx_t>(i), k)}; };
  return write({"item", dataset.n_items(), id, dataset, format, list}, path, context);
}

}  // namespace akin
