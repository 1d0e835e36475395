#include "akin/data/readers/amazon.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "akin/base/error.h"
#include "akin/data/readers/amazon_lines.h"
#include "akin/data/readers/amazon_metadata.h"
#include "akin/data/readers/amazon_text.h"
#include "akin/data/readers/shared_read.h"
#include "akin/data/time_parse.h"

namespace akin {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

enum class Texts { kKeep, kDrop };

/// A review's fields, whatever the release called them. Views into the line.
struct Review {
  std::string_view user, item, parent_item, summary, text, date;
  std::optional<element> rating;
  std::optional<std::int64_t> seconds, milliseconds;
  bool has_text = false;
  bool no_rating = false;  ///< it is dropped: each review counts 1
};

bool is_dropped(std::string_view key, DroppedColumns& dropped) {
  if (key == "reviewerID" || key == "user_id") dropped.need(key, "users");
  if (key == "asin" || key == "parent_asin") dropped.need(key, "items");
  return dropped(key);
}

/// "" where the value is not a string.
std::string_view string_in(const element& value) {
  std::string_view text;
  return value.get(text) ? std::string_view() : text;
}

std::optional<std::int64_t> integer_in(const element& value) {
  std::int64_t integer = 0;
  if (!value.get(integer)) return integer;
  constexpr double kLimit = 9.2e18;
  double number = 0;
  if (value.get(number) || !(std::abs(number) < kLimit)) return std::nullopt;
  return static_cast<std::int64_t>(std::floor(number));
}

Review fields_of(const object& line, DroppedColumns& dropped) {
  Review review;
  for (const auto [key, value] : line) {
    if (dropped.any() && is_dropped(key, dropped)) {
      review.no_rating |= key == "overall" || key == "rating";
    } else if (key == "reviewerID" || key == "user_id") {
      review.user = string_in(value);
    } else if (key == "asin") {
      review.item = string_in(value);
    } else if (key == "parent_asin") {
      review.parent_item = string_in(value);
    } else if (key == "overall" || key == "rating") {
      if (!value.is_null()) review.rating = value;
    } else if (key == "reviewText" || key == "text") {
      review.text = string_in(value);
      review.has_text = true;
    } else if (key == "summary" || key == "title") {
      review.summary = string_in(value);
      review.has_text = true;
    } else if (key == "unixReviewTime") {
      review.seconds = integer_in(value);
    } else if (key == "timestamp" || key == "sort_timestamp") {
      review.milliseconds = integer_in(value);
    } else if (key == "reviewTime") {
      review.date = string_in(value);
    }
  }
  // Products of 2023 that differ in size or colour share a parent, and only the parent has metadata.
  if (!review.parent_item.empty()) review.item = review.parent_item;
  return review;
}

std::int64_t time_of(const Review& review) {
  if (review.seconds) return time_of_units(*review.seconds, 1).value_or(kNoTime);
  if (review.milliseconds) return time_of_units(*review.milliseconds, 1000).value_or(kNoTime);
  const auto day = parse_review_date(review.date);
  return day ? *day * kSecond : kNoTime;
}

/// Adds the review, or returns why it cannot be used ("" = added).
std::string_view add_review(const Review& review, DatasetBuilder& builder, Texts texts) {
  if (review.user.empty()) return "no user id";
  if (review.item.empty()) return "no item id";
  if (!review.rating && !review.no_rating) return "no rating";
  double rating = 1;
  if (review.rating && review.rating->get(rating)) return "rating is not a number";
  if (std::abs(rating) > std::numeric_limits<float>::max()) return "rating out of range";
  const std::uint64_t event =
      builder.add_event(review.user, review.item, static_cast<float>(rating), time_of(review));
  if (review.has_text && texts == Texts::kKeep) builder.add_review(event, review.summary, review.text);
  return {};
}

void read_reviews(const std::string& path, Texts texts, DatasetBuilder& builder, ImportReport& report,
                  const Context& context) {
  ObjectLines lines(path, report, context);
  lines.share();
  read_shared(builder, report, context, [&] {
    while (const auto line = lines.next()) {
      const std::string_view problem = add_review(fields_of(*line, builder.dropped), builder, texts);
      if (!problem.empty()) lines.reject(problem);
    }
  });
}

/// Place of the file's extension in the order of preference, 0 first; nullopt for files that are not
/// pictures.
std::optional<int> picture_rank(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  int rank = 0;
  for (const std::string_view known : {".jpg", ".jpeg", ".png", ".webp"}) {
    if (extension == known) return rank;
    ++rank;
  }
  return std::nullopt;
}

/// Sets attribute "image" of each item that has a file `directory`/<item id>.jpg (.jpeg, .png, .webp).
void find_images(const std::string& directory, DatasetBuilder& builder, ImportReport& report) {
  std::error_code error;
  std::filesystem::directory_iterator entries(directory, error);
  if (error)
    fail(ErrorCode::kNotFound, "{}: cannot read the folder of images: {}", directory, error.message());
  // Item, rank, path: the same order on every machine.
  std::set<std::tuple<std::string, int, std::string>> files;
  std::uint64_t others = 0, unknown = 0, more = 0;
  while (entries != std::filesystem::directory_iterator()) {
    const std::filesystem::directory_entry entry = *entries;
    const auto rank = picture_rank(entry.path());
    if (!rank || entry.is_directory(error)) {
      ++others;
    } else {
      const std::filesystem::path path = std::filesystem::absolute(entry.path(), error).lexically_normal();
      if (error) fail(ErrorCode::kIo, "{}: {}", entry.path().string(), error.message());
      files.emplace(path.stem().string(), *rank, path.string());
    }
    entries.increment(error);
    if (error) fail(ErrorCode::kIo, "{}: cannot read the folder of images: {}", directory, error.message());
  }
  std::string_view last;
  for (const auto& [item, rank, path] : files) {
    if (!builder.has_item(item)) {
      ++unknown;
    } else if (item == last) {
      ++more;
    } else {
      builder.set_item_attribute(item, "image", path);
      last = item;
    }
  }
  const auto note = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) report.notes.push_back(fmt::format("{}: {} {}", directory, count, what));
  };
  note(unknown, "image files match no item");
  note(more, "image files are a further picture of an item and not used");
  note(others, "entries are not .jpg, .jpeg, .png or .webp files");
}

std::string option(const ImportRequest& request, const std::string& name) {
  const auto found = request.options.find(name);
  return found == request.options.end() ? std::string() : found->second;
}

std::vector<std::string> split_paths(std::string_view list) {
  std::vector<std::string> paths;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (comma > 0) paths.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return paths;
}

void read_amazon(const ImportRequest& request, DatasetBuilder& builder, ImportReport& report,
                 const Context& context) {
  const std::string no_text = option(request, "no_text");
  if (!no_text.empty() && no_text != "true" && no_text != "false") {
    fail(ErrorCode::kUsage, "no_text is '{}'; it must be true or false", no_text);
  }
  const Texts texts = no_text == "true" ? Texts::kDrop : Texts::kKeep;
  for (const std::string& path : request.files) read_reviews(path, texts, builder, report, context);
  read_amazon_metadata(split_paths(option(request, "meta")), builder, report, context);
  if (const std::string images = option(request, "images"); !images.empty())
    find_images(images, builder, report);
}

}  // namespace

Format amazon_format() {
  return {"amazon",
          "Amazon reviews of 2014, 2018 or 2023: one JSON object (or Python dict) per line",
          {{"meta", "metadata files (JSON or Python dicts), separated by commas", "",
            FormatOption::Kind::kInputs},
           {"images", "folder of pictures named <item id>.jpg, .jpeg, .png or .webp", "",
            FormatOption::Kind::kInput},
           {"no_text", "leave out the review texts", "", FormatOption::Kind::kSwitch}},
          read_amazon};
}

}  // namespace akin
