// Word vectors from files.
#pragma once

#include <string>

#include "akin/text/word_weighting.h"

namespace akin {

/// Of a bundle, or of a file of vectors. Throws Error(kUsage) if the model has no vectors, and as load_bundle()
/// and read_embeddings().
WordVectors read_word_vectors(const std::string& path);

}  // namespace akin
