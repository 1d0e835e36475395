// akin export BUNDLE --what items --to npy -o FILE
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/vector_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/store/bundle.h"
#include "akin/store/embeddings_file.h"

namespace akin::cli {
int run_export(const Args& args) {
  std::string path;
  std::string what = "items";
  std::string format;
  std::string out;
  bool escape = false;
  CommandLine line("export", "Writes a model's vectors in formats of other programs.");
  line.add({"BUNDLE", "", InputPath{&path}, "file written by `akin train`", Need::kRequired});
  line.add({"--what", "WHICH", Text{&what}, "items or users"});
  line.add({"--to", "FORMAT", Text{&format},
            "npy (NumPy, with the ids in FILE.ids.json), csv (spreadsheets), word2vec (text), word2vec-bin "
            "(gensim and others) or safetensors",
            Need::kRequired});
  line.add({"-o,--out", "FILE", embeddings_path(&out, format), "file to write; - = standard output",
            Need::kRequired});
  line.add({"--escape", "", &escape, "word2vec: percent-encode white space and % in ids (%20, %25)"});
  line.example("akin export als.akin --to npy -o items.npy");
  line.example("akin export als.akin --what users --to csv -o users.csv");
  if (!line.parse(args)) return kSuccess;
  const EmbeddingFormat to = parse_embedding_format(format);
  if (what != "items" && what != "users")
    fail(ErrorCode::kUsage, "--what: '{}' is neither items nor users", what);
  const bool printed = out == "-";
  if (printed && to == EmbeddingFormat::kNpy)
    fail(ErrorCode::kUsage, "--to npy writes two files; name one with -o");
  Session session(line.common);
  const Bundle bundle = load_bundle(path);
  if (bundle.model->embedding_dim() == 0 && bundle.model->encoder() != nullptr) {
    fail(ErrorCode::kUsage,
         "{}: the vectors of {} are sparse; train it with --svd N, or write them with `akin encode`", path,
         bundle.entry->name);
  }
  if (bundle.model->embedding_dim() == 0) {
    fail(ErrorCode::kUsage, "{}: model {} has no vectors to export; train another, such as als", path,
         bundle.entry->name);
  }
  const bool items = what == "items";
  const Matrix vectors = items ? item_embedding(bundle) : user_embedding(bundle, session.context());
  const IdMap& ids = items ? bundle.dataset.items : bundle.dataset.users;
  session.context().check_stop();
  const std::uint64_t zero = zero_rows(vectors);
  if (zero > 0) {
    session.remark(fmt::format("{} of {} {} have no vector: their rows are zero", format_count(zero),
                               format_count(vectors.rows()), what));
  }
  const std::vector<std::string> files =
      write_embeddings({ids, vectors}, to, out, escape ? IdEscape::kPercent : IdEscape::kNone);
  if (printed) return kSuccess;
  if (line.common.json) {
    print_json({{"what", what}, {"rows", vectors.rows()}, {"dim", vectors.cols()}, {"files", files}});
  } else {
    print(fmt::format("wrote {} vectors of length {}: {}\n", format_count(vectors.rows()), vectors.cols(),
                      fmt::join(files, ", ")));
  }
  return kSuccess;
}

}  // namespace akin::cli
