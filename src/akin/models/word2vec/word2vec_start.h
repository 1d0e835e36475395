// Where a fit of the word2vec family begins.
#pragma once

#include <string_view>

#include "akin/models/fit/context.h"
#include "akin/models/word2vec/item_corpus.h"
#include "akin/models/word2vec/word2vec_training.h"

namespace akin {

/// initial_vectors(), or with FitContext::start: the vectors of its model, where an item has them there; the
/// others begin in the mean of their context's, if any of it has vectors, inputs and outputs alike, and what
/// is left at random. Then its item vectors, if any, as inputs. Throws Error(kUsage) naming `model` if one of
/// them does not fit.
Word2VecVectors starting_vectors(const ItemCorpus& text, const Word2VecOptions& options,
                                 const FitContext& context, std::string_view model);

}  // namespace akin
