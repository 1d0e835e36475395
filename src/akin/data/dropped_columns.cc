#include "akin/data/dropped_columns.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/rank_talk.h"
#include "akin/data/readers/layout.h"

namespace akin {
namespace {

/// A name of punctuation alone is compared as it is.
std::string compared(std::string_view name) {
  std::string result = normalized_name(name);
  return result.empty() ? std::string(name) : result;
}

}  // namespace

DroppedColumns::DroppedColumns(const std::vector<std::string>& names) {
  for (const std::string& name : names) names_.emplace(compared(name), name);
}

bool DroppedColumns::operator()(std::string_view column) {
  if (names_.empty()) return false;
  const auto found = columns_.find(column);
  if (found != columns_.end()) return found->second;
  return columns_[std::string(column)] = names_.contains(compared(column));
}

void DroppedColumns::need(std::string_view column, std::string_view owners) {
  if ((*this)(column)) {
    fail(ErrorCode::kUsage,
         "column '{}' holds the ids of {} and cannot be dropped; --pseudonyms KEYFILE replaces the ids of "
         "users",
         column, owners);
  }
}

void DroppedColumns::gather(const Communicator& ranks) {
  if (names_.empty() || ranks.alone()) return;
  Packed own;
  for (const auto& [column, dropped] : columns_) own.add_text(column);
  for (std::string& bytes : gather_texts(ranks, own.bytes())) {
    for (Packed all(std::move(bytes)); !all.at_end();) (*this)(all.text());
  }
}

void DroppedColumns::check() const {
  std::vector<std::string> columns;
  for (const auto& [column, dropped] : columns_) columns.push_back(column);
  for (const auto& [key, name] : names_) {
    if (std::ranges::find(columns, key, compared) != columns.end()) continue;
    if (key == "user" || key == "item")
      fail(ErrorCode::kUsage, "column '{}' cannot be dropped: without it there are no events", name);
    fail(ErrorCode::kUsage, "there is no column '{}' to drop{}; the files have: {}", name,
         did_you_mean(name, columns),
         columns.empty() ? "none but user and item" : fmt::format("{}", fmt::join(columns, ", ")));
  }
}

}  // namespace akin
