// What MovieLens says of movies and users.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "akin/data/readers/readers.h"

namespace akin {

/// Reads the files beside a ratings file, those of its release, where they are there:
///   tab    u.item with u.genre, u.user
///   ::     movies.dat, users.dat, movies_extrainfos.dat
///   ,      movies.csv, tags.csv
/// Sets title, category (genres joined by '|'), tags, director, actors, description of items; gender, age,
/// occupation, zip of users. Notes in the report what was read.
void read_movielens_content(const std::string& ratings_path, std::string_view delimiter,
                            DatasetBuilder& builder, ImportReport& report, const Context& context);
/// All files that may be read so and are there.
std::vector<std::string> movielens_content_files(const std::string& ratings_path);

}  // namespace akin
