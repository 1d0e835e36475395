// akin cluster VECTORS -d DATA -o DATA: codes of items by their vectors, as an attribute
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "akin/base/format.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/vector_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/experiment/semantic_ids.h"
#include "akin/report/text_table.h"

namespace akin::cli {

int run_cluster(const Args& args) {
  std::string source, data, out;
  SemanticIdOptions options;
  CommandLine line(
      "cluster",
      "Groups items by their vectors, from coarse to fine, and stores the groups as an attribute.");
  line.add({"VECTORS", "", vectors_path(&source),
            "file written by `akin train` or `akin fuse`, or a file of vectors", Need::kRequired});
  line.add({"-d,--data", "DATA", InputPath{&data}, "data set with the items", Need::kRequired});
  line.add({"-o,--out", "DATA", OutputPath{&out}, "file to write the data set with the attribute to",
            Need::kRequired});
  line.add({"--levels", "N", &options.levels, "codes of an item", Need::kOptional, 1});
  line.add({"--clusters", "N", &options.clusters, "different codes of a level", Need::kOptional, 1});
  line.add({"--iterations", "N", &options.iterations, "of k-means, at most", Need::kOptional, 1});
  line.add({"--attribute", "NAME", Text{&options.attribute}, "what to call the attribute"});
  line.explain(
      "Residual k-means (semantic ids): the first level groups the vectors at length 1, each further one "
      "what the levels before "
      "leave of them. The attribute is a list such as 17|17-203|17-203-5; items that share its elements have "
      "like vectors. "
      "Encoders, meta-prod2vec (--fields) and filters (--filter semantic_id=17-203) read it as any list. "
      "Vectors learned from events "
      "hold what users did: do not evaluate on events that they were learned from.");
  line.example("akin cluster fused.akin -d events.data -o coded.data");
  line.example("akin train meta-prod2vec -d coded.data --fields semantic_id -o model.akin");
  if (!line.parse(args)) return kSuccess;
  Session session(line.common);
  Dataset dataset = load_dataset(data);
  const SemanticIdFacts facts =
      add_semantic_ids(dataset, read_embeddings(source), source, options, session.context());
  session.context().check_stop();
  save_dataset(dataset, out);
  session.progress().clear();
  if (line.common.json) {
    print_json({{"data", out},
                {"attribute", options.attribute},
                {"items", facts.items},
                {"without_vector", facts.without_vector},
                {"unknown", facts.unknown},
                {"errors", facts.errors},
                {"different", facts.different},
                {"most_alike", facts.most_alike}});
    return kSuccess;
  }
  if (facts.without_vector > 0) {
    session.remark(fmt::format("{} of {} items have no vector and get no code",
                               format_count(facts.without_vector), format_count(dataset.n_items())));
  }
  if (facts.unknown > 0)
    session.remark(
        fmt::format("{} vectors are of items that are not in the data set", format_count(facts.unknown)));
  std::vector<TableRow> rows;
  for (std::size_t level = 0; level < facts.errors.size(); ++level) {
    rows.push_back({fmt::format("{}", level + 1), format_count(facts.different[level]),
                    format_percent(facts.errors[level])});
  }
  print(text_table({"levels", "different codes", "spread left"}, rows));
  print(fmt::format("wrote {}: {} items with {}, at most {} alike\n", out, format_count(facts.items),
                    options.attribute, format_count(facts.most_alike)));
  return kSuccess;
}

}  // namespace akin::cli
