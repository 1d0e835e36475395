// Files of vectors: word2vec and GloVe as text, word2vec binary, csv, npy, safetensors.
#include "akin/data/npy.h"
#include "akin/linalg/matrix.h"
#include "akin/store/embeddings_file.h"
#include "akin/store/embeddings_reader.h"
#include "harness.h"
#include "targets.h"

namespace akin::fuzz {
namespace {

/// What was read is finite, and reads back from what is written of it.
void check(const ReadEmbeddings& read) {
  if (read.ids.size() != read.vectors.rows()) broken("vectors without ids");
  if (!all_finite(read.vectors)) broken("vectors that are not finite");
  if (read.vectors.empty()) return;
  for (const EmbeddingFormat format : {EmbeddingFormat::kCsv, EmbeddingFormat::kSafetensors}) {
    const std::string path = path_of("again");
    attempt([&] {
      write_embeddings({read.ids, read.vectors}, format, path, IdEscape::kPercent);
      if (read_embeddings(path).ids.size() != read.ids.size()) broken("other ids when read back");
    });
  }
}

}  // namespace

void vectors(std::string_view input) { check(read_embeddings(put("vectors", input))); }

void vectors_safetensors(std::string_view input) { check(read_embeddings(put("vectors", input))); }

/// Two files: the array and its ids, in NAME.ids.json; as parse_files() reads them, or an array alone, for
/// which the ids "0" ... are there.
void npy(std::string_view input) {
  if (!input.empty() && input[0] == '\x1d') {
    const Files files = parse_files(input);
    if (!files.paths.empty()) check(read_embeddings(files.paths[0]));
    return;
  }
  const std::string path = put("array.npy", input);
  for (const char* ids : {"[]", R"(["0"])", R"(["0","1"])", R"(["0","1","2"])"}) {
    put("array.npy.ids.json", ids);
    attempt([&] { check(read_embeddings(path)); });
    attempt([&] { read_npy(path); });
  }
}

}  // namespace akin::fuzz
