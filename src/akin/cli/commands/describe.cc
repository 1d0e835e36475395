// akin describe DATA
#include <fmt/core.h>

#include "akin/base/io.h"
#include "akin/cli/commands.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/data/dataset.h"
#include "akin/report/json.h"
#include "akin/report/report.h"

namespace akin::cli {

int run_describe(const Args& args) {
  std::string data_path;
  std::string html;
  CommandLine line("describe",
                   "Shows what is in a data set: numbers of users, items and events, times, values and their "
                   "distributions, and the attributes of items and users.");
  line.add({"DATA", "", InputPath{&data_path}, "data set written by `akin import`", Need::kRequired});
  line.add({"--html", "FILE", OutputPath{&html}, "also write a self-contained web page"});
  line.example("akin describe events.data");
  line.example("akin describe events.data --html events.html");
  if (!line.parse(args)) return kSuccess;
  Session session(line.common);
  const Description description = describe(load_dataset(data_path));
  session.context().check_stop();
  if (!html.empty()) write_file(html, describe_html(description));
  if (line.common.json) {
    print_json(describe_json(description));
    return kSuccess;
  }
  print(describe_text(description));
  if (!html.empty()) print(fmt::format("\nwrote {}\n", html));
  return kSuccess;
}

}  // namespace akin::cli
