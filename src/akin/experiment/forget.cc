#include "akin/experiment/forget.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "akin/base/atomic_file.h"
#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/data/event_contexts.h"
#include "akin/nets/net_forget.h"
#include "akin/store/bundle.h"

namespace akin {
namespace {

/// What to do with a file.
struct Target {
  std::string path;  ///< to write to
  bool write;        ///< else only look
  bool copy;         ///< write though nobody is removed: it is another file
};

/// The first line of a log of trials begins so (experiment/tune/trial_log.h).
constexpr std::string_view kTrials = R"({"search":)";

std::string kind_of_file(const std::string& path) {
  if (path == "-") fail(ErrorCode::kUsage, "forget: name files; standard input cannot be rewritten");
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(ErrorCode::kNotFound, "{}: cannot be read, or does not exist", path);
  std::array<char, kTrials.size()> bytes{};
  file.read(bytes.data(), bytes.size());
  const std::string_view begin(bytes.data(), static_cast<std::size_t>(file.gcount()));
  if (begin == kTrials) return "trials";
  const std::string kind = file_kind(path);
  if (kind.empty()) {
    fail(ErrorCode::kBadData,
         "{}: is neither a data set, bundle, net, checkpoint nor log of trials; if it was made from one, "
         "delete it and make it again without the users",
         path);
  }
  constexpr std::size_t kBrace = 8;  // behind the length of the header, unless the file is compressed
  if (begin.size() <= kBrace || begin[kBrace] != '{')
    fail(ErrorCode::kBadData, "{}: is compressed; decompress it first", path);
  return kind;
}

void check_left(const std::string& path, const std::vector<idx_t>& kept) {
  if (kept.empty()) fail(ErrorCode::kBadData, "{}: holds no other users; delete the file", path);
}

bool changes(const ForgottenFile& file) { return file.removed.users + file.removed.mentions > 0; }

void forget_in_dataset(ForgottenFile& file, UserIds& ids, const Target& target) {
  Dataset data = load_dataset(file.path);
  const std::vector<idx_t> kept = users_without(data, ids);
  if (kept.size() < data.n_users()) {
    check_left(file.path, kept);
    file.removed = select_users(data, kept);
  }
  file.removed.mentions = clear_mentions(data, ids);
  if (changes(file) || target.copy) file.action = ForgetAction::kRewritten;
  if (target.write && file.action == ForgetAction::kRewritten) save_dataset(data, target.path);
}

void remove_from(Bundle& bundle, const std::vector<idx_t>& kept, ForgottenFile& file) {
  check_left(file.path, kept);
  const std::size_t n_test = bundle.test.size();
  bundle.test = select_users(bundle.test, kept);
  file.removed = select_users(bundle.dataset, kept);
  file.removed.held_out = n_test - bundle.test.size();
  clear_unused_values(bundle.dataset.event_attributes, bundle.dataset.events, bundle.test);
  if (bundle.count(Subset::kTrain) == 0)
    fail(ErrorCode::kBadData, "{}: nobody else has training events; delete the file", file.path);
  if (std::unique_ptr<Model> model = bundle.model->select_users(kept)) {
    bundle.model = std::move(model);
    file.from_model = true;
  }
}

void forget_in_bundle(ForgottenFile& file, UserIds& ids, const Target& target) {
  Bundle bundle = load_bundle(file.path);
  file.model = bundle.entry->name;
  const std::vector<idx_t> kept = users_without(bundle.dataset, ids);
  if (kept.size() < bundle.dataset.n_users()) remove_from(bundle, kept, file);
  file.removed.mentions = clear_mentions(bundle.dataset, ids);
  if (changes(file) || target.copy) file.action = ForgetAction::kRewritten;
  if (target.write && file.action == ForgetAction::kRewritten) save_bundle(bundle, target.path);
}

void forget_in_net(ForgottenFile& file, UserIds& ids, const Target& target) {
  nets::NetWithoutUsers net(file.path, ids);
  file.removed.users = net.removed();
  if (net.removed() > 0 || target.copy) file.action = ForgetAction::kRewritten;
  if (target.write && file.action == ForgetAction::kRewritten) net.save(target.path);
}

/// The file itself, where `path` is a link to it, and the link.
void delete_file(const std::string& path) {
  std::error_code error;
  const std::filesystem::path file = std::filesystem::canonical(path, error);
  if (error || !std::filesystem::remove(file, error)) {
    fail(ErrorCode::kIo, "{}: cannot delete: {}; all other files are written: delete this one by hand", path,
         error.message());
  }
  std::filesystem::remove(path, error);
}

/// Whether delete_file() may delete it.
void check_deletable(const std::string& path) {
  std::error_code error;
  const std::filesystem::path file = std::filesystem::canonical(path, error);
  const std::string folder = file.parent_path().string();
  if (!error && ::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return;
  fail(ErrorCode::kIo, "{}: cannot be deleted: {}; nothing was written", path,
       error ? error.message() : std::strerror(errno));
}

ForgottenFile forget_in(const std::string& path, UserIds& ids, const Target& target) {
  ForgottenFile file{.path = path, .kind = kind_of_file(path)};
  if (file.kind == "dataset") {
    forget_in_dataset(file, ids, target);
  } else if (file.kind == "model") {
    forget_in_bundle(file, ids, target);
  } else if (file.kind == "net") {
    forget_in_net(file, ids, target);
  } else if (target.copy) {
    fail(ErrorCode::kUsage, "{}: only a data set, bundle or net can be written to another file", path);
  } else if (file.kind == "checkpoint") {
    file.action = ForgetAction::kDeleted;
  } else if (file.kind != "trials") {
    fail(ErrorCode::kBadData, "{}: is of kind '{}'; delete it and make it again without the users", path,
         file.kind);
  }
  return file;
}

/// The files, each once.
std::vector<std::string> without_repeats(const std::vector<std::string>& files) {
  std::vector<std::string> result;
  std::error_code error;  // a file that cannot be read is not the same as another
  for (const std::string& path : files) {
    const auto same = [&](const std::string& other) {
      return other == path || std::filesystem::equivalent(other, path, error);
    };
    if (std::ranges::none_of(result, same)) result.push_back(path);
  }
  return result;
}

void check_missing(const std::vector<std::string>& missing, std::size_t asked) {
  if (missing.empty()) return;
  constexpr std::size_t kShown = 5;
  const std::vector<std::string> shown(missing.begin(), missing.begin() + std::min(kShown, missing.size()));
  fail(ErrorCode::kNotFound, "{} of {} users are in none of the files: '{}'{}; nothing was written",
       missing.size(), asked, fmt::join(shown, "', '"), missing.size() > kShown ? " ..." : "");
}

void check_outputs(const std::vector<ForgottenFile>& files, const std::string& out) {
  for (const ForgottenFile& file : files) {
    if (file.action == ForgetAction::kRewritten) check_writable(out.empty() ? file.path : out);
    if (file.action == ForgetAction::kDeleted) check_deletable(file.path);
  }
}

}  // namespace

ForgetResult forget(const std::vector<std::string>& users, const std::vector<std::string>& files,
                    const ForgetOptions& options, const Context& context) {
  if (users.empty()) fail(ErrorCode::kUsage, "forget: name at least one user");
  if (files.empty()) fail(ErrorCode::kUsage, "forget: name at least one file");
  const std::vector<std::string> paths = without_repeats(files);
  const bool copy = !options.out.empty();
  if (copy && paths.size() > 1)
    fail(ErrorCode::kUsage, "forget: -o takes one file, not {}; without -o each file is rewritten in place",
         paths.size());
  UserIds ids(users);
  const auto run = [&](bool write) {
    std::vector<ForgottenFile> done;
    for (const std::string& path : paths) {
      context.check_stop();
      context.report({write ? "writing" : "reading", done.size(), paths.size(), "files"});
      done.push_back(forget_in(path, ids, {copy ? options.out : path, write, copy}));
    }
    return done;
  };
  ForgetResult result{run(false), ids.unmet()};
  if (!options.missing_ok) check_missing(result.missing, users.size());
  if (options.dry_run) return result;
  check_outputs(result.files, options.out);
  CommitTogether written;
  run(true);
  context.check_stop();
  written.commit();
  for (const ForgottenFile& file : result.files) {
    if (file.action == ForgetAction::kDeleted) delete_file(file.path);
  }
  return result;
}

}  // namespace akin
