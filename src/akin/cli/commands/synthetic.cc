// akin synthetic -o DIR
#include "akin/data/synthetic.h"

#include <fmt/core.h>

#include "akin/base/format.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/param_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/report/json.h"

namespace akin::cli {
namespace {

void print_result(const SyntheticFiles& files, const std::string& directory) {
  std::string text = fmt::format("wrote {} ({} reviews, {}", shell_word(directory),
                                 format_count(files.events), format_bytes(static_cast<double>(files.bytes)));
  if (files.session_lines > 0) text += fmt::format(", {} clicks", format_count(files.session_lines));
  text += fmt::format(", {} items without any event)\n", format_count(files.cold_items));
  for (const std::string* path :
       {&files.reviews, &files.metadata, &files.sessions, &files.users, &files.images, &files.truth}) {
    if (!path->empty()) text += "  " + *path + "\n";
  }
  text += fmt::format("\nNext: akin import amazon {} --meta {}", shell_word(files.reviews),
                      shell_word(files.metadata));
  if (!files.images.empty()) text += fmt::format(" --images {}", shell_word(files.images));
  print(text + " -o events.data\n");
}

}  // namespace

int run_synthetic(const Args& args) {
  SyntheticConfig config;
  std::string out;
  ParamValues values;
  CommandLine line("synthetic",
                   "Generates a synthetic data set of any size as raw files: reviews, metadata, click "
                   "sessions, product images. Tastes, styles, categories and words follow a known model, and "
                   "this ground truth is written too, so that you can measure what a model recovers.");
  line.add({"-o,--out", "DIR", OutputPath{&out, OutputPath::Form::kFolder},
            "directory to write; new, empty, or the output of an earlier `akin synthetic`", Need::kRequired});
  line.section("Size and structure");
  for (const ModelEntry::ParamInfo& info : param_infos(config.params())) add_param_flag(line, info, values);
  line.example("akin synthetic -o synthetic --users 5000 --items 2000 --events 200000");
  if (!line.parse(args)) return kSuccess;
  set_params(config.params(), values, "synthetic");
  Session session(line.common);
  const SyntheticFiles files = write_synthetic(config, out, session.context());
  session.progress().clear();
  if (line.common.json) {
    print_json(synthetic_json(files));
  } else {
    print_result(files, out);
  }
  return kSuccess;
}

}  // namespace akin::cli
