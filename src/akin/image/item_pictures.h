// The pictures of a data set's items: from where they are found to where they are read.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/dataset.h"
#include "akin/image/decode.h"
#include "akin/image/picture_files.h"

namespace akin {

/// The attribute of items that names their pictures, several separated by `|`. A picture of an archive is
/// ARCHIVE#NAME, such as images.tar#images/1163.jpg.
inline constexpr std::string_view kPictureAttribute = "image";

/// What was found.
struct PictureMatches {
  std::uint64_t items = 0;              ///< that have a picture now
  std::uint64_t pictures = 0;           ///< of these
  std::uint64_t others = 0;             ///< pictures, or lines of a table, of no item of the data
  std::vector<std::string> examples{};  ///< the first of the others
};

/// Gives the items the pictures that `source` has, in place of those they had. `source` is a folder or an archive (tar,
/// zip; PictureFiles), where the name of a file tells the item: ID.jpg; ID_2.jpg or ID-2.jpg, a further one; or any name in a
/// folder called ID. Or it is a table (.csv, .tsv, .txt; separated by comma, semicolon or tab; the first line is a header if its
/// second column is called image, path, file, picture or alike) of an id and a path a line, relative to the table's folder.
/// Throws Error(kIo), Error(kBadData) naming file and line.
PictureMatches attach_pictures(Dataset& data, const std::string& source, const Context& context);

/// Reads pictures by the values of the attribute. Archives are opened once. Safe from many threads.
class PictureReader {
 public:
  explicit PictureReader(const Context& context) : context_(context) {}
  /// Throws Error(kIo) or Error(kBadData) that says what is wrong, with the path.
  Picture read(std::string_view path, const DecodeOptions& options = {}) const;

 private:
  struct Archive {
    PictureFiles files;
    std::map<std::string, std::size_t, std::less<>> by_name;
  };
  const Archive& archive(const std::string& path) const;
  const Context& context_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Archive> archives_;
};

/// The first pictures that cannot be read and their number, as a remark.
class BrokenPictures {
 public:
  void add(std::string_view what);  ///< safe from many threads
  std::uint64_t count() const { return count_; }
  /// "3 pictures cannot be read and are left out: a.jpg: ..., ..."; "" if there are none.
  std::string remark() const;

 private:
  std::mutex mutex_;
  std::uint64_t count_ = 0;
  std::vector<std::string> examples_;  // ascending, the first few
};

}  // namespace akin
