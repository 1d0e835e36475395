#include "akin/data/pseudonyms.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/data/id_values.h"
#include "akin/data/readers/text_decode.h"
#include "akin/data/text/tokenizer.h"

namespace akin {
namespace {

/// An open file, closed at the end of the scope.
struct Descriptor {
  int fd;
  explicit Descriptor(int opened) : fd(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

/// Whether every row of the column that is not empty holds the id of its user.
bool repeats_ids(const StringColumn& column, const IdMap& ids) {
  bool any = false;
  for (std::size_t u = 0; u < column.size(); ++u) {
    if (column[u].empty()) continue;
    if (column[u] != ids.id(static_cast<idx_t>(u))) return false;
    any = true;
  }
  return any;
}

/// In lower case; of what is not UTF-8, the letters of ASCII.
std::string folded(std::string_view text) {
  if (is_utf8(text)) return lower_case(text);
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

/// The ids of a data set, before they are replaced, to be found among the values of its attributes.
class KnownIds {
 public:
  KnownIds(const Dataset& data, std::string_view owner) {
    for (idx_t u = 0; u < data.users.size(); ++u) add(data.users.id(u));
    const StringColumn* const owners = data.user_attributes.find(owner);
    for (std::size_t u = 0; owners != nullptr && u < owners->size(); ++u) {
      if (!(*owners)[u].empty()) add((*owners)[u]);
    }
  }
  /// The id that the value is: as it stands, or else the first that differs in case only.
  std::optional<std::string_view> find(std::string_view value) const {
    if (value.size() > kMostGrowth * longest_) return std::nullopt;  // long texts are many
    if (const auto same = ids_.find(value)) return ids_.id(*same);
    const auto found = folded_.find(folded(value));
    return found ? std::optional(ids_.id(first_[*found])) : std::nullopt;
  }

 private:
  static constexpr std::size_t kMostGrowth = 3;  // a letter and its lower case may differ in their bytes
  void add(std::string_view id) {
    const idx_t idx = ids_.add(id);
    longest_ = std::max(longest_, id.size());
    if (folded_.add(folded(id)) == first_.size()) first_.push_back(idx);
  }

  IdMap ids_, folded_;
  std::vector<idx_t> first_;  // by index of folded_
  std::size_t longest_ = 0;
};

/// Replaces the ids among the values of one attribute, and notes it.
using Replacement = std::function<std::optional<std::string>(std::string_view)>;
void replace_in(const std::function<std::uint64_t(const Replacement&)>& replace, std::string_view what,
                const KnownIds& ids, const Pseudonyms& pseudonyms, std::vector<std::string>& notes) {
  std::uint64_t left = 0;
  const std::uint64_t replaced = replace([&](std::string_view value) -> std::optional<std::string> {
    const auto id = ids.find(value);
    if (!id) return std::nullopt;
    if (!is_short_number(value)) return pseudonyms(*id);
    ++left;
    return std::nullopt;
  });
  if (replaced > 0)
    notes.push_back(fmt::format("{}: {} values were ids of users and are pseudonyms now", what, replaced));
  if (left > 0) {
    notes.push_back(fmt::format(
        "{}: {} values are numbers of up to 4 digits that are also ids of users, and stay; if they name "
        "users, leave the attribute out with --drop-columns",
        what, left));
  }
}

}  // namespace

Pseudonyms::Pseudonyms(const std::string& path) {
  // Opening a pipe would wait for somebody who writes to it.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (file.fd < 0) {
    fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, "{}: cannot read the key: {}", path,
         std::strerror(errno));
  }
  struct stat info = {};
  if (::fstat(file.fd, &info) != 0 || !S_ISREG(info.st_mode))
    fail(ErrorCode::kBadData, "{}: is not a regular file; name the file of a key", path);
  if ((info.st_mode & 077) != 0) {
    fail(ErrorCode::kBadData,
         "{}: others can access this key (mode {:04o}); make it yours alone first: chmod 600 {}", path,
         info.st_mode & 07777, path);
  }
  // One byte more than it should hold, so that a longer file is seen.
  std::array<unsigned char, kKeyBytes + 1> bytes{};
  const ssize_t got = ::read(file.fd, bytes.data(), bytes.size());
  std::copy_n(bytes.begin(), kKeyBytes, key_.begin());
  OPENSSL_cleanse(bytes.data(), bytes.size());
  if (got < 0) fail(ErrorCode::kIo, "{}: cannot read the key: {}", path, std::strerror(errno));
  if (got != kKeyBytes) {
    fail(ErrorCode::kBadData, "{}: holds {} bytes, but the file of a key holds {}; is this the right file?",
         path, info.st_size, kKeyBytes);
  }
}

Pseudonyms::~Pseudonyms() { OPENSSL_cleanse(key_.data(), key_.size()); }

void Pseudonyms::make_key(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (file.fd < 0) fail(ErrorCode::kIo, "{}: cannot write a key: {}", path, std::strerror(errno));
  std::array<unsigned char, kKeyBytes> key{};
  const bool written = ::getrandom(key.data(), key.size(), 0) == kKeyBytes &&
                       ::write(file.fd, key.data(), key.size()) == kKeyBytes && ::fsync(file.fd) == 0;
  const int reason = errno;
  OPENSSL_cleanse(key.data(), key.size());
  if (written) return;
  ::unlink(path.c_str());
  fail(ErrorCode::kIo, "{}: cannot write a key: {}", path, std::strerror(reason));
}

std::string Pseudonyms::operator()(std::string_view id) const {
  constexpr std::size_t kBytes = 16;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  const auto* const bytes = reinterpret_cast<const unsigned char*>(id.data());
  AKIN_ASSERT(::HMAC(EVP_sha256(), key_.data(), kKeyBytes, bytes, id.size(), digest.data(), nullptr));
  std::string text;
  for (std::size_t b = 0; b < kBytes; ++b) text += fmt::format("{:02x}", digest[b]);
  return text;
}

std::vector<std::string> replace_ids(Dataset& data, const Pseudonyms& pseudonyms, std::string_view owner,
                                     const Communicator& ranks) {
  std::vector<std::string> notes;
  const KnownIds ids(data, owner);
  AttributeTable attributes;
  for (const auto& [column_name, column] : data.user_attributes.all()) {
    const std::string& name = column_name;  // lambdas take no structured bindings
    if (name == owner) {
      StringColumn& replaced = attributes.column(name);
      for (std::size_t u = 0; u < column.size(); ++u)
        replaced.push_back(column[u].empty() ? std::string() : pseudonyms(column[u]));
    } else if (repeats_ids(column, data.users)) {
      notes.push_back(fmt::format("user attribute {} repeats the ids and is left out", name));
    } else {
      attributes.column(name) = column;
      attributes.set_type(name, data.user_attributes.type(name));
      const auto replace = [&](const Replacement& with) { return replace_values(attributes, name, with); };
      replace_in(replace, "user attribute " + name, ids, pseudonyms, notes);
    }
    if (attributes.find(name) != nullptr) attributes.set_type(name, data.user_attributes.type(name));
  }
  data.user_attributes = std::move(attributes);
  std::vector<std::string> names;
  for (const auto& [name, column] : data.item_attributes.all()) names.push_back(name);
  for (const std::string& name : names) {
    const auto replace = [&](const Replacement& with) {
      return replace_values(data.item_attributes, name, with);
    };
    replace_in(replace, "item attribute " + name, ids, pseudonyms, notes);
  }
  for (std::size_t c = 0; c < data.event_attributes.columns().size(); ++c) {
    const auto replace = [&](const Replacement& with) {
      return sum_over_ranks(ranks, data.event_attributes.replace_values(c, with));
    };
    replace_in(replace, "event attribute " + data.event_attributes.columns()[c].name, ids, pseudonyms, notes);
  }
  IdMap users;
  for (idx_t u = 0; u < data.users.size(); ++u) users.add(pseudonyms(data.users.id(u)));
  AKIN_ASSERT(users.size() == data.users.size());
  data.users = std::move(users);
  return notes;
}

}  // namespace akin
