#include "akin/store/word_vectors.h"

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/store/bundle.h"
#include "akin/store/embeddings_reader.h"

namespace akin {

WordVectors read_word_vectors(const std::string& path) {
  if (file_kind(path) != "model") {
    ReadEmbeddings read = read_embeddings(path);
    return {std::move(read.ids), std::move(read.vectors)};
  }
  Bundle bundle = load_bundle(path);
  if (bundle.model->embedding_dim() == 0)
    fail(ErrorCode::kUsage, "{}: model {} has no vectors; train another, such as prod2vec", path,
         bundle.entry->name);
  WordFrequencies frequencies = word_frequencies(bundle.training_events(), bundle.dataset.n_items());
  Matrix vectors = item_embedding(bundle);
  return {std::move(bundle.dataset.items), std::move(vectors), std::move(frequencies)};
}

}  // namespace akin
