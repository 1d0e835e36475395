#include "akin/image/picture_files.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/image/idx.h"

namespace akin {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20;
constexpr const char* kOtherName = "not named like a picture";

bool named_like_picture(std::string_view name) {
  constexpr std::array<std::string_view, 9> kEndings = {".jpg", ".jpeg", ".jfif", ".png", ".webp",
                                                        ".gif", ".bmp",  ".pgm",  ".ppm"};
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return std::ranges::any_of(kEndings, [&](std::string_view ending) { return lower.ends_with(ending); });
}

/// What programs put beside the files of people, such as "._name.jpg", .DS_Store and Thumbs.db: nobody misses them.
bool is_clutter(std::string_view name) {
  const std::string_view base = name.substr(name.rfind('/') + 1);
  return base.empty() || base.starts_with('.') || base == "Thumbs.db" || base == "desktop.ini";
}

/// Files that are left out, in the order found, and why.
class LeftOut {
 public:
  void add(std::string_view name, std::string_view why) {
    if (++count_ <= kShown) examples_.push_back(fmt::format("{} ({})", printable(name), why));
  }
  std::uint64_t count() const { return count_; }
  /// "2 files are left out: inner.tar (not named like a picture), ..."
  std::string text() const {
    return fmt::format("{} file{} left out: {}{}", count_, count_ == 1 ? " is" : "s are",
                       fmt::join(examples_, ", "), count_ > kShown ? ", ..." : "");
  }

 private:
  static constexpr std::uint64_t kShown = 3;
  std::uint64_t count_ = 0;
  std::vector<std::string> examples_;
};

/// While it lives, names in UTF-8 are read as they are by this thread, whatever the locale: libarchive has none for what the
/// locale cannot write.
class Utf8Names {
 public:
  Utf8Names() : utf8_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (utf8_ != nullptr) before_ = uselocale(utf8_);
  }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;
  ~Utf8Names() {
    if (utf8_ == nullptr) return;
    uselocale(before_);
    freelocale(utf8_);
  }

 private:
  locale_t utf8_, before_ = nullptr;
};

/// A file without a name: it is gone when nobody has it open.
class SpoolFile {
 public:
  SpoolFile() {
    std::string path = (fs::temp_directory_path() / "akin-pictures-XXXXXX").string();
    file_ = mkstemp(path.data());
    if (file_ < 0) fail(ErrorCode::kIo, "{}: cannot make a temporary file: {}", path, std::strerror(errno));
    unlink(path.c_str());
  }
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;
  ~SpoolFile() { close(file_); }
  void append(std::span<const char> bytes) {
    while (!bytes.empty()) {
      const ssize_t n = write(file_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        fail(ErrorCode::kIo,
             "cannot write the pictures of the archive to {}: {}; TMPDIR names another folder",
             fs::temp_directory_path().string(), std::strerror(errno));
      }
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
  }
  void read(std::uint64_t from, std::span<std::uint8_t> to) const {
    while (!to.empty()) {
      const ssize_t n = pread(file_, to.data(), to.size(), static_cast<off_t>(from));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail(ErrorCode::kIo, "cannot read a picture back: {}", std::strerror(errno));
      to = to.subspan(static_cast<std::size_t>(n));
      from += static_cast<std::uint64_t>(n);
    }
  }

 private:
  int file_;
};

std::vector<std::uint8_t> read_whole(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) fail(ErrorCode::kIo, "{}: there is no such file", path);
  if (!fs::is_regular_file(status)) fail(ErrorCode::kIo, "{}: it is no file", path);
  const std::uintmax_t size = fs::file_size(path, error);
  if (!error && size > kMostBytes)
    fail(ErrorCode::kBadData, "{}: {} bytes are too many for a picture", path, size);
  std::ifstream file(path, std::ios::binary);
  std::vector<std::uint8_t> bytes(error ? 0 : size);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (error || !file) fail(ErrorCode::kIo, "{}: cannot read it", path);
  return bytes;
}

}  // namespace

struct PictureFiles::Files {
  struct Place {
    std::uint64_t begin = 0, size = 0;
  };
  std::string source;
  std::string folder;              // what names are relative to; "" = they are paths
  std::vector<std::string> names;  // ascending, but of paths
  std::unique_ptr<SpoolFile> spool;
  std::uint64_t spooled = 0;  // bytes
  std::vector<Place> places;  // in the spool
  LeftOut left_out;

  void find_in_folder(const Context& context) {
    folder = source;
    const auto options =
        fs::directory_options::follow_directory_symlink | fs::directory_options::skip_permission_denied;
    std::vector<std::string> others;
    std::error_code error;
    fs::recursive_directory_iterator at(source, options, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
      context.check_stop();
      if (at.depth() > 64)
        fail(ErrorCode::kBadData, "{}: its folders are more than 64 deep", at->path().string());
      std::error_code ignored;
      std::string name = at->path().lexically_relative(source).string();
      if (is_clutter(name) || at->is_directory(ignored)) continue;
      if (named_like_picture(name) && at->is_regular_file(ignored))
        names.push_back(std::move(name));
      else
        others.push_back(std::move(name));
    }
    if (error) fail(ErrorCode::kIo, "{}: cannot list the folder: {}", source, error.message());
    std::ranges::sort(names);
    std::ranges::sort(others);
    for (const std::string& name : others)
      left_out.add(name, named_like_picture(name) ? "no file" : kOtherName);
  }

  /// Pictures are called by their number, from 0, all with as many digits.
  void copy_idx(const Context& context) {
    const IdxArray array = read_idx(source, 3);
    const std::size_t count = array.shape[0], size = array.values.size() / count;
    const std::string head = fmt::format("P5 {} {} 255\n", array.shape[2], array.shape[1]);
    const std::size_t digits = std::to_string(count - 1).size();
    spool = std::make_unique<SpoolFile>();
    std::string picture;
    for (std::size_t i = 0; i < count; ++i) {
      context.check_stop();
      const auto* const pixels = reinterpret_cast<const char*>(array.values.data() + i * size);
      picture.assign(head).append(pixels, size);
      spool->append(picture);
      names.push_back(fmt::format("{:0{}}", i, digits));
      places.push_back({i * picture.size(), picture.size()});
    }
  }

  /// The bytes of a picture as the end of the spool; none if they are too many or damaged and others may follow.
  std::optional<Place> copy_entry(archive* reader, const std::string& name,
                                  const std::function<void(int)>& check) {
    std::vector<char> buffer(1 << 16);
    Place place{spooled, 0};
    for (;;) {
      const la_ssize_t n = archive_read_data(reader, buffer.data(), buffer.size());
      if (n == 0) return place;
      if (n == ARCHIVE_WARN || n == ARCHIVE_FAILED) {
        const char* const text = archive_error_string(reader);
        left_out.add(name, text != nullptr ? text : "damaged");
        return std::nullopt;
      }
      if (n < 0) check(static_cast<int>(n));
      place.size += static_cast<std::uint64_t>(n);
      spooled += static_cast<std::uint64_t>(n);
      spool->append(std::span(buffer).first(static_cast<std::size_t>(n)));
      if (place.size > kMostBytes) {
        left_out.add(name, fmt::format("more than {} bytes", kMostBytes));
        return std::nullopt;
      }
    }
  }

  void copy_archive(const Context& context) {
    const Utf8Names utf8_names;
    const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                        &archive_read_free);
    archive_read_support_filter_all(reader.get());
    archive_read_support_format_all(reader.get());
    const auto check = [&](int status) {
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
        const char* const text = archive_error_string(reader.get());
        fail(ErrorCode::kBadData, "{}: cannot be read as an archive: {}", source,
             text != nullptr ? text : "damaged");
      }
    };
    check(archive_read_open_filename(reader.get(), source.c_str(), 1 << 20));
    spool = std::make_unique<SpoolFile>();
    std::vector<std::pair<std::string, Place>> found;
    for (archive_entry* entry = nullptr;;) {
      context.check_stop();
      const int status = archive_read_next_header(reader.get(), &entry);
      if (status == ARCHIVE_EOF) break;
      check(status);
      if (archive_entry_filetype(entry) == AE_IFDIR) continue;
      const char* const name = archive_entry_pathname(entry);
      std::string_view relative = name != nullptr ? name : "";
      while (relative.starts_with("./")) relative.remove_prefix(2);
      if (name != nullptr && is_clutter(relative)) continue;
      if (archive_entry_filetype(entry) != AE_IFREG || !named_like_picture(relative)) {
        left_out.add(relative, name == nullptr                ? "its name cannot be read"
                               : named_like_picture(relative) ? "no file"
                                                              : kOtherName);
        continue;
      }
      const std::string kept(relative);  // it may end with the next call
      if (const std::optional<Place> place = copy_entry(reader.get(), kept, check))
        found.emplace_back(kept, *place);
    }
    std::ranges::stable_sort(found, {}, &std::pair<std::string, Place>::first);
    for (std::size_t f = 0; f < found.size(); ++f) {
      auto& [name, place] = found[f];
      if (f + 1 < found.size() && found[f + 1].first == name) {  // what extracting would write over
        left_out.add(name, "another of this name follows");
        continue;
      }
      names.push_back(std::move(name));
      places.push_back(place);
    }
  }
};

PictureFiles PictureFiles::open(const std::string& path, const Context& context) {
  auto files = std::make_shared<Files>();
  files->source = path;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) fail(ErrorCode::kIo, "{}: there is no such folder or archive of pictures", path);
  if (fs::is_directory(status)) {
    files->find_in_folder(context);
  } else if (is_idx_file(path)) {
    files->copy_idx(context);
  } else {
    files->copy_archive(context);
  }
  if (files->names.empty()) {
    fail(ErrorCode::kBadData,
         "{}: it holds no picture (.jpg, .jpeg, .jfif, .png, .webp, .gif, .bmp, .pgm, .ppm){}", path,
         files->left_out.count() == 0 ? "" : "; " + files->left_out.text());
  }
  if (files->left_out.count() > 0) context.remark(fmt::format("{}: {}", path, files->left_out.text()));
  PictureFiles result;
  result.files_ = std::move(files);
  return result;
}

PictureFiles PictureFiles::of_paths(std::vector<std::string> paths) {
  auto files = std::make_shared<Files>();
  files->names = std::move(paths);
  PictureFiles result;
  result.files_ = std::move(files);
  return result;
}

std::size_t PictureFiles::size() const { return files_->names.size(); }
const std::string& PictureFiles::name(std::size_t i) const { return files_->names[i]; }
const std::string& PictureFiles::source() const { return files_->source; }

std::vector<std::uint8_t> PictureFiles::read(std::size_t i) const {
  if (!files_->spool) return read_whole((fs::path(files_->folder) / files_->names[i]).string());
  std::vector<std::uint8_t> bytes(files_->places[i].size);
  files_->spool->read(files_->places[i].begin, bytes);
  return bytes;
}

std::string_view picture_stem(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? name : name.substr(0, dot);
}

std::string_view picture_folder(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  if (slash == std::string_view::npos) return "";
  name = name.substr(0, slash);
  const std::size_t before = name.rfind('/');
  return before == std::string_view::npos ? name : name.substr(before + 1);
}

std::string_view numbered_stem(std::string_view name) {
  const std::string_view stem = picture_stem(name);
  const std::size_t last = stem.find_last_not_of("0123456789");
  if (last == std::string_view::npos || last == 0 || last + 1 == stem.size()) return "";
  return stem[last] == '_' || stem[last] == '-' ? stem.substr(0, last) : "";
}

}  // namespace akin
