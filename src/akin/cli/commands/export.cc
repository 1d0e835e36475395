// akin export BUNDLE --what items --to npy -o FILE
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/cli/commands.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/cli/shop_text.h"
#include "akin/report/text_table.h"
#include "akin/store/embeddings_file.h"

namespace akin::cli {
namespace {

/// The users' vectors in the space of the items' embedding, zeros for users the model knows nothing of.
Matrix user_embedding(const Bundle& bundle, const Context& context) {
  const std::vector<Event>& events = bundle.shop.events;
  const std::vector<std::uint64_t> offsets = user_offsets(events, bundle.shop.n_users());
  const std::size_t dim = std::min(bundle.model->embedding_dim(), bundle.model->item_vectors().cols());
  Matrix result(bundle.shop.n_users(), dim);
  parallel_for(result.rows(), context.threads, [&](std::size_t begin, std::size_t end, int) {
    context.check_stop();
    std::vector<float> vector(bundle.model->item_vectors().cols());
    std::vector<idx_t> items;
    std::vector<float> values;
    for (std::size_t user = begin; user < end; ++user) {
      items.clear();
      values.clear();
      for (std::uint64_t e = offsets[user]; e < offsets[user + 1]; ++e) {
        items.push_back(events[e].item);
        values.push_back(events[e].value);
      }
      const Query query{.user = static_cast<idx_t>(user), .history = items, .values = values};
      if (bundle.model->user_vector(query, vector))
        std::copy_n(vector.begin(), result.cols(), result.row(user));
    }
  });
  return result;
}

}  // namespace

int run_export(const Args& args) {
  std::string path;
  std::string what = "items";
  std::string format;
  std::string out;
  bool escape = false;
  CommandLine line("export", "Writes a model's vectors for other programs.");
  line.add({"BUNDLE", "", &path, "file written by `akin train`", Need::kRequired});
  line.add({"--what", "WHICH", &what, "items or users"});
  line.add({"--to", "FORMAT", &format,
            "npy (NumPy, with the ids in FILE.ids.json), csv (spreadsheets), word2vec (text), word2vec-bin "
            "(gensim and others) or safetensors",
            Need::kRequired});
  line.add({"-o,--out", "FILE", &out, "file to write; - = standard output", Need::kRequired});
  line.add({"--escape", "", &escape, "word2vec: write white space in ids as %20 and so on; % as %25"});
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
  if (bundle.model->embedding_dim() == 0) {
    fail(ErrorCode::kUsage, "{}: model {} has no vectors to export; train another, such as als", path,
         bundle.entry->name);
  }
  const bool items = what == "items";
  const Matrix vectors = items ? item_embedding(bundle) : user_embedding(bundle, session.context());
  const IdMap& ids = items ? bundle.shop.items : bundle.shop.users;
  session.context().check_stop();
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
