#include "akin/report/prediction_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/format.h"
#include "akin/data/text/escaped_field.h"
#include "akin/report/json.h"
#include "akin/report/text_table.h"

namespace akin {
namespace {

std::string_view kind_of(const Predictions& predictions) {
  return predictions.probabilities ? "probability" : "rating";
}

}  // namespace

std::string prediction_note(const Predictions& predictions, const Prediction& prediction) {
  std::string note = prediction.unknown_user ? "unknown user" : "";
  if (prediction.unknown_item) note += note.empty() ? "unknown item" : " and item";
  if (!prediction.stands_in) return note;
  if (note.empty()) note = "no prediction";
  return note + (predictions.probabilities ? ": 1/2 stands in" : ": the mean training rating stands in");
}

std::string pair_predictions_text(std::span<const UserItem> pairs, const Predictions& predictions) {
  std::vector<TableRow> rows;
  bool notes = false;
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const Prediction& prediction = predictions.values[p];
    rows.push_back({pairs[p].user, pairs[p].item, fmt::format("{:.4f}", prediction.value),
                    prediction_note(predictions, prediction)});
    notes = notes || !rows.back().back().empty();
  }
  TableRow headers = {"user", "item", std::string(kind_of(predictions)), "note"};
  if (!notes) {
    headers.pop_back();
    for (TableRow& row : rows) row.pop_back();
  }
  return text_table(headers, rows);
}

std::string pair_predictions_csv(std::span<const UserItem> pairs, const Predictions& predictions) {
  std::string text = fmt::format("user,item,{},note\n", kind_of(predictions));
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const Prediction& prediction = predictions.values[p];
    text += fmt::format("{},{},{},{}\n", csv_field(pairs[p].user), csv_field(pairs[p].item), prediction.value,
                        prediction_note(predictions, prediction));
  }
  return text;
}

std::string predictions_remark(const Predictions& predictions) {
  const auto count = [&](bool Prediction::*what) {
    return format_count(static_cast<std::uint64_t>(
        std::ranges::count_if(predictions.values, [&](const Prediction& one) { return one.*what; })));
  };
  const std::string users = count(&Prediction::unknown_user), items = count(&Prediction::unknown_item),
                    without = count(&Prediction::stands_in);
  if (users == "0" && items == "0" && without == "0") return "";
  return fmt::format("of {} pairs {} have an unknown user and {} an unknown item; for {} {} stands in",
                     format_count(predictions.values.size()), users, items, without,
                     predictions.probabilities
                         ? std::string("1/2")
                         : fmt::format("the mean training rating, {:.4f},", predictions.stand_in));
}

nlohmann::json pair_predictions_json(std::span<const UserItem> pairs, const Predictions& predictions) {
  nlohmann::json list = nlohmann::json::array();
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    nlohmann::json row = {{"prediction", number_json(static_cast<double>(predictions.values[p].value))}};
    set_id(row, "user", pairs[p].user);
    set_id(row, "item", pairs[p].item);
    if (const std::string note = prediction_note(predictions, predictions.values[p]); !note.empty())
      row["note"] = note;
    list.push_back(std::move(row));
  }
  return {{"kind", kind_of(predictions)},
          {"low", predictions.low},
          {"high", predictions.high},
          {"stand_in", predictions.stand_in},
          {"predictions", std::move(list)}};
}

}  // namespace akin
