#include "akin/experiment/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/data/id_list.h"
#include "akin/data/readers/layout.h"
#include "akin/data/readers/text_decode.h"
#include "akin/eval/history.h"
#include "akin/eval/rating.h"

namespace akin {
namespace {

constexpr idx_t kUnknown = 0xFFFFFFFF;

void check_predicts(const ModelEntry& entry) {
  if (entry.traits.predicts_ratings || entry.traits.predicts_probability) return;
  std::vector<std::string_view> names;
  for (const ModelEntry& other : models()) {
    if (other.traits.predicts_ratings || other.traits.predicts_probability) names.push_back(other.name);
  }
  fail(
      ErrorCode::kUsage,
      "model '{}' predicts neither ratings nor probabilities: its scores only rank; these models predict: {}",
      entry.name, fmt::join(names, ", "));
}

idx_t index_of(const IdMap& ids, const std::string& id, std::size_t known) {
  const auto found = find_id(ids, id);
  return found && *found < known ? *found : kUnknown;
}

/// The pairs, those of one user together.
struct GroupedPairs {
  std::vector<idx_t> users, items;
  std::vector<std::size_t> order, groups;  // of pairs by user; where each user begins in it, and the end
};

GroupedPairs group(const Bundle& bundle, std::span<const UserItem> pairs) {
  GroupedPairs grouped;
  for (const UserItem& pair : pairs) {
    grouped.users.push_back(index_of(bundle.dataset.users, pair.user, bundle.dataset.n_users()));
    grouped.items.push_back(index_of(bundle.dataset.items, pair.item, bundle.model->n_items()));
  }
  grouped.order.resize(pairs.size());
  std::iota(grouped.order.begin(), grouped.order.end(), std::size_t{0});
  std::ranges::stable_sort(grouped.order, {}, [&](std::size_t p) { return grouped.users[p]; });
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (i == 0 || grouped.users[grouped.order[i]] != grouped.users[grouped.order[i - 1]])
      grouped.groups.push_back(i);
  }
  grouped.groups.push_back(pairs.size());
  return grouped;
}

}  // namespace

Predictions predict(const Bundle& bundle, std::span<const UserItem> pairs, const PredictOptions& options,
                    const Context& context) {
  check_filled(bundle);
  check_predicts(*bundle.entry);
  const Traits& traits = bundle.entry->traits;
  const ScoreScale scale = score_scale(traits, bundle.dataset.events);
  Predictions result{.probabilities = !traits.predicts_ratings,
                     .stand_in = scale.stand_in,
                     .low = scale.low,
                     .high = scale.high,
                     .values = std::vector<Prediction>(pairs.size())};
  const Histories histories(bundle.known_data());
  const GroupedPairs grouped = group(bundle, pairs);
  parallel_for(grouped.groups.size() - 1, context.threads, [&](std::size_t begin, std::size_t end, int) {
    context.check_stop();
    QueryBuffer buffer;
    std::vector<std::size_t> asked;
    std::vector<idx_t> items;
    std::vector<float> scores;
    for (std::size_t g = begin; g < end; ++g) {
      asked.clear();
      items.clear();
      const idx_t user = grouped.users[grouped.order[grouped.groups[g]]];
      for (std::size_t i = grouped.groups[g]; i < grouped.groups[g + 1]; ++i) {
        const std::size_t pair = grouped.order[i];
        result.values[pair].unknown_user = user == kUnknown || histories.of(user).empty();
        result.values[pair].unknown_item = grouped.items[pair] == kUnknown;
        result.values[pair].value = std::numeric_limits<float>::quiet_NaN();
        if (result.values[pair].unknown_item) continue;
        asked.push_back(pair);
        items.push_back(grouped.items[pair]);
      }
      scores.resize(items.size());
      const Query query = user == kUnknown ? Query{} : buffer.query(user, histories.of(user));
      if (items.empty() || !bundle.model->score(query, items, scores)) continue;
      for (std::size_t i = 0; i < asked.size(); ++i) result.values[asked[i]].value = scores[i];
    }
  });
  for (Prediction& prediction : result.values) {
    prediction.stands_in = std::isnan(prediction.value);
    if (prediction.stands_in || options.clip) prediction.value = scale.counted(prediction.value);
  }
  return result;
}

std::vector<UserItem> read_pairs(const std::string& path, const PairColumns& columns,
                                 const Context& context) {
  ImportReport report;
  RecordReader reader(path, {}, report, context);
  LayoutHints hints{.known_header_only = true};  // any other first line is a pair
  for (const std::string& name : {columns.user, columns.item})
    if (!name.empty()) hints.names.push_back(name);
  const Layout layout = detect_layout(reader, hints);
  if (!layout.note.empty()) context.remark(fmt::format("{}: {}", display_name(path), layout.note));
  const auto place = [&](const std::string& spec, std::string_view role, std::size_t otherwise) {
    if (!spec.empty()) return layout.column(spec, path);
    const std::size_t usual = layout.usual_column(role);
    return usual == kNoColumn ? otherwise : usual;
  };
  const std::size_t user = place(columns.user, "user", 0), item = place(columns.item, "item", 1);
  if (user == item) {
    fail(ErrorCode::kUsage, "{}: user and item are the same column; name both, such as USER,ITEM",
         display_name(path));
  }
  const bool half_known = columns.user.empty() && (layout.usual_column("user") == kNoColumn ||
                                                   layout.usual_column("item") == kNoColumn);
  if (!layout.header.empty() && half_known) {
    context.remark(fmt::format("{}: the first line, {}, is taken for names of columns", display_name(path),
                               fmt::join(layout.header, " ")));
  }
  std::vector<UserItem> pairs;
  while (reader.next()) {
    const auto fields = reader.fields();
    const auto id = [&](std::size_t column) {
      return column < fields.size() ? without_blanks(fields[column]) : std::string_view();
    };
    if (id(user).empty() || id(item).empty())
      fail(ErrorCode::kBadData, "{}: expected a user and an item, such as `user,item`", reader.position());
    pairs.push_back({std::string(id(user)), std::string(id(item))});
  }
  if (!report.rejections.reasons().empty()) {
    const Rejections::Reason& first = report.rejections.reasons().front();
    fail(ErrorCode::kBadData, "{}: {}", first.positions.front(), first.text);
  }
  if (pairs.empty())
    fail(ErrorCode::kBadData, "{}: holds no pairs of a user and an item", display_name(path));
  return pairs;
}

}  // namespace akin
