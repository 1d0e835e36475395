#include "akin/data/readers/movielens_content.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "akin/base/format.h"
#include "akin/base/text.h"
#include "akin/data/readers/attribute_file.h"
#include "akin/data/readers/file_names.h"
#include "akin/data/readers/record_reader.h"

namespace akin {
namespace {

/// What every content file needs.
struct Output {
  DatasetBuilder& builder;
  ImportReport& report;
  const Context& context;
};

using Fields = std::span<const std::string_view>;

constexpr std::string_view kHeaderOfItems = "movieId";  // of the csv files

/// Reads one record a line of at least `least` fields into attributes.
void read_records(const std::string& path, const Dialect& dialect, std::size_t least, Owner owner,
                  const Output& out, const std::function<void(AttributeReader&, Fields)>& set) {
  RecordReader reader(path, dialect, out.report, out.context);
  AttributeReader attributes(owner, Encoding::kAuto, out.builder, out.report);
  std::uint64_t records = 0;
  while (reader.next()) {
    if (reader.fields().size() < least) {
      out.report.rejections.add("too few fields", [&] { return reader.position(); });
    } else if (reader.fields()[0] != kHeaderOfItems && attributes.begin(reader.fields()[0], reader)) {
      set(attributes, reader.fields());
      ++records;
    }
  }
  attributes.finish(path);
  out.report.notes.push_back(fmt::format("{} {} described in {}", format_count(records),
                                         owner == Owner::kItem ? "movies" : "users", path));
}

/// The genres of u.item's flags, from u.genre or as published.
std::vector<std::string> genre_names(const std::string& path, const Output& out) {
  static constexpr std::array<std::string_view, 19> kPublished = {
      "unknown",     "Action", "Adventure", "Animation", "Children's", "Comedy",  "Crime",
      "Documentary", "Drama",  "Fantasy",   "Film-Noir", "Horror",     "Musical", "Mystery",
      "Romance",     "Sci-Fi", "Thriller",  "War",       "Western"};
  std::vector<std::string> names(kPublished.begin(), kPublished.end());
  if (path.empty()) return names;
  names.clear();
  RecordReader reader(path, {"|", false}, out.report, out.context);
  while (reader.next()) names.emplace_back(reader.fields()[0]);
  return names;
}

void read_u_item(const std::string& path, const Output& out) {
  constexpr std::size_t kFirstFlag = 5;  // id | title | release | video release | URL | flags
  const std::vector<std::string> genres = genre_names(existing_file(beside(path, "u.genre")), out);
  read_records(path, {"|", false}, kFirstFlag, Owner::kItem, out,
               [&](AttributeReader& attributes, Fields fields) {
                 std::string category;
                 for (std::size_t g = 0; g < genres.size() && kFirstFlag + g < fields.size(); ++g) {
                   if (fields[kFirstFlag + g] == "1" && genres[g] != "unknown")
                     category += (category.empty() ? "" : "|") + genres[g];
                 }
                 attributes.set("title", fields[1]);
                 attributes.set("category", category);
               });
}

/// id::title::genre|genre, where the title may hold "::".
void read_movies_dat(const std::string& path, const Output& out) {
  read_records(path, {"::", false}, 3, Owner::kItem, out, [](AttributeReader& attributes, Fields fields) {
    const char* const title = fields[1].data();
    const std::string_view last = fields[fields.size() - 2];
    attributes.set("title", {title, static_cast<std::size_t>(last.data() + last.size() - title)});
    attributes.set("category", fields.back());
  });
}

/// "Ann (screenplay by), Bo (book), Ann (story)" -> "Ann, Bo".
std::string names_without_roles(std::string_view text) {
  std::vector<std::string_view> names;
  for (std::string_view part : split(text, ',')) {
    part = trimmed(part.substr(0, part.find(" (")));
    if (!part.empty() && std::ranges::find(names, part) == names.end()) names.push_back(part);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// movieId,title,genre|genre with a header.
void read_movies_csv(const std::string& path, const Output& out) {
  read_records(path, {",", true}, 3, Owner::kItem, out, [](AttributeReader& attributes, Fields fields) {
    attributes.set("title", fields[1]);
    if (fields[2] != "(no genres listed)") attributes.set("category", fields[2]);
  });
}

/// userId,movieId,tag,timestamp with a header: each movie's different tags in file order, joined by '|'.
void read_tags_csv(const std::string& path, const Output& out) {
  RecordReader reader(path, {",", true}, out.report, out.context);
  TextDecoder decode;
  IdMap items;
  std::vector<std::vector<std::string>> tags;
  while (reader.next()) {
    const Fields fields = reader.fields();
    if (fields.size() < 3 || fields[1].empty()) {
      out.report.rejections.add(fields.size() < 3 ? "too few fields" : "no item",
                                [&] { return reader.position(); });
      continue;
    }
    if (fields[1] == kHeaderOfItems) continue;
    std::string tag(decode(fields[2]));
    std::ranges::replace(tag, '|', '/');
    const idx_t item = items.add(fields[1]);
    if (item == tags.size()) tags.emplace_back();
    if (!tag.empty() && std::ranges::find(tags[item], tag) == tags[item].end())
      tags[item].push_back(std::move(tag));
  }
  for (idx_t item = 0; item < tags.size(); ++item) {
    if (tags[item].empty()) continue;
    out.builder.set_item_attribute(items.id(item), "tags", fmt::format("{}", fmt::join(tags[item], "|")));
  }
  out.report.notes.push_back(fmt::format("{} movies have tags in {}", format_count(items.size()), path));
}

}  // namespace

std::vector<std::string> movielens_content_files(const std::string& ratings_path) {
  std::vector<std::string> files;
  for (const char* const name : {"u.item", "u.genre", "u.user", "movies.csv", "tags.csv", "movies.dat",
                                 "movies_extrainfos.dat", "users.dat"}) {
    std::string path = existing_file(beside(ratings_path, name));
    if (!path.empty()) files.push_back(std::move(path));
  }
  return files;
}

void read_movielens_content(const std::string& ratings_path, std::string_view delimiter,
                            DatasetBuilder& builder, ImportReport& report, const Context& context) {
  const Output out{builder, report, context};
  const auto find = [&](std::string_view name) { return existing_file(beside(ratings_path, name)); };
  std::string path;
  if (delimiter == "\t") {
    if (path = find("u.item"); !path.empty()) read_u_item(path, out);
    if (path = find("u.user"); !path.empty()) {
      read_records(path, {"|", false}, 5, Owner::kUser, out, [](AttributeReader& attributes, Fields fields) {
        attributes.set("age", fields[1]);
        attributes.set("gender", fields[2]);
        attributes.set("occupation", fields[3]);
        attributes.set("zip", fields[4]);
      });
    }
    return;
  }
  if (delimiter == ",") {
    if (path = find("movies.csv"); !path.empty()) read_movies_csv(path, out);
    if (path = find("tags.csv"); !path.empty()) read_tags_csv(path, out);
    return;
  }
  if (path = find("movies.dat"); !path.empty()) read_movies_dat(path, out);
  if (path = find("movies_extrainfos.dat"); !path.empty()) {
    // id::title::year::certificate::date::genres::director::writers::actors::plot
    read_records(path, {"::", false}, 10, Owner::kItem, out, [](AttributeReader& attributes, Fields fields) {
      attributes.set("year", fields[2]);
      attributes.set("certificate", fields[3]);
      attributes.set("director", fields[6]);
      attributes.set("writers", names_without_roles(fields[7]));
      attributes.set("actors", fields[8]);
      attributes.set("description", fields[9]);
    });
  }
  if (path = find("users.dat"); !path.empty()) {
    read_records(path, {"::", false}, 5, Owner::kUser, out, [](AttributeReader& attributes, Fields fields) {
      attributes.set("gender", fields[1]);
      attributes.set("age", fields[2]);
      attributes.set("occupation", fields[3]);
      attributes.set("zip", fields[4]);
    });
  }
}

}  // namespace akin
