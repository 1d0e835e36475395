// akin pseudonym KEYFILE ID...
#include <nlohmann/json.hpp>

#include "akin/cli/commands.h"
#include "akin/cli/output.h"
#include "akin/data/pseudonyms.h"

namespace akin::cli {

int run_pseudonym(const Args& args) {
  std::string key;
  std::vector<std::string> ids;
  CommandLine line("pseudonym",
                   "Prints the pseudonyms by which `akin import --pseudonyms KEYFILE` replaces ids.");
  line.add({"KEYFILE", "", InputPath{&key}, "file with the secret key", Need::kRequired});
  line.add({"ID...", "", Text{&ids}, "ids as in the imported files", Need::kRequired});
  line.example("akin pseudonym secret.key C1042");
  line.example("akin recommend als.akin --user $(akin pseudonym secret.key C1042)");
  if (!line.parse(args)) return kSuccess;
  const Pseudonyms pseudonyms(key);
  nlohmann::json all = nlohmann::json::array();
  for (const std::string& id : ids) {
    all.push_back(pseudonyms(id));
    if (!line.common.json) print(pseudonyms(id) + "\n");
  }
  if (line.common.json) print_json({{"pseudonyms", std::move(all)}});
  return kSuccess;
}

}  // namespace akin::cli
