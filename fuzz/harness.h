// What the fuzz targets share: how input becomes files, and what counts as a fault.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"

namespace akin::fuzz {

/// One kind of input and what akin does with it. A target may throw nothing but akin::Error, which is the
/// answer to bad input; run() treats everything else, ErrorCode::kInternal too, as a fault.
struct Target {
  std::string_view name;
  void (*run)(std::string_view input);
  bool container = false;       ///< input is a safetensors file; its checksum is set anew before it is read
  std::string_view seeds = "";  ///< a folder of the source tree with more inputs than fuzz/corpus/NAME
};

/// All targets, by name.
const std::vector<Target>& targets();
/// Ends the program with exit code 2 and the names that there are if there is no such target.
const Target& find_target(std::string_view name);

/// The folders of the target's inputs in the source tree.
std::vector<std::string> corpus(const Target& target);
/// "NAME FOLDER..." of each target, a line each, on standard output.
void print_targets();

/// Runs the target on one input, sealed first if it is a container. Aborts on a fault.
void run(const Target& target, std::string_view input);

/// Calls `step`. True if it ended, false if it threw an akin::Error. Aborts on Error(kInternal).
/// With AKIN_FUZZ_ERRORS in the environment the messages go to standard error.
bool attempt(const std::function<void()>& step);
/// Aborts with the text: something that must hold does not.
[[noreturn]] void broken(std::string_view what);

/// The path of a file of this process, of the given content; in memory where /dev/shm is there. A name that
/// could leave the folder is replaced by "file".
std::string put(std::string_view name, std::string_view content);
/// The path that put() would write.
std::string path_of(std::string_view name);
/// The folder of these files.
const std::string& folder();

/// One thread, no progress.
Context context();

/// Input that stands for several files:
///
///   name=value            lines of options, maybe none
///   \x1dNAME              a file of that name, its content up to the next \x1d
///   content
///
/// Files are written by parse_files().
struct Files {
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<std::string> paths;
};
Files parse_files(std::string_view input);

}  // namespace akin::fuzz
