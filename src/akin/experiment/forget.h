// Taking users out of files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/select_users.h"

namespace akin {

struct ForgetOptions {
  bool dry_run = false;     ///< find out what would be done, and write nothing
  bool missing_ok = false;  ///< ids that are in none of the files are no error
  /// Where to write the only file; "" = each file is written in its own place.
  std::string out = {};
};

enum class ForgetAction { kNone, kRewritten, kDeleted };

/// What forgetting did to a file, or with `dry_run` would do.
struct ForgottenFile {
  std::string path;
  std::string kind;  ///< "dataset", "model", "net", "checkpoint" or "trials"
  ForgetAction action = ForgetAction::kNone;
  RemovedData removed = {};
  std::string model = {};  ///< of a bundle: its name
  /// Of a bundle: the model had a vector, a row or stored ratings of the users, which are gone.
  bool from_model = false;
};

struct ForgetResult {
  std::vector<ForgottenFile> files;
  std::vector<std::string> missing;  ///< ids that are in none of the files
};

/// Removes users from data sets, bundles and nets, and deletes checkpoints: those hold a row for every user but no
/// ids, and a fit cannot be resumed on other data. Logs of trials hold nothing of users and stay. Values of
/// attributes of others and of items that are the id are emptied (clear_mentions()).
///
/// All files are read and judged, and must be writable, before the first is written; all are written under
/// temporary names before the first is replaced (CommitTogether), and checkpoints are deleted last.
///
/// What is left of a user in a bundle or net is what they took part in: vectors of items, weights, counts and
/// means over all users. Only training on the data without them removes that.
///
/// Throws Error(kNotFound) if an id is in none of the files, without naming other ids; Error(kBadData) if a
/// file is of another kind or would hold nobody any more; Error(kUsage) for `out` with several files;
/// Error(kIo), Error(kCancelled).
ForgetResult forget(const std::vector<std::string>& users, const std::vector<std::string>& files,
                    const ForgetOptions& options = {}, const Context& context = {});

}  // namespace akin
