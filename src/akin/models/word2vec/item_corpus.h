// A data set's events as sequences of tokens.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/dataset.h"
#include "akin/linalg/matrix.h"
#include "akin/models/word2vec/corpus.h"

namespace akin {

/// The users' sequences of a data set's items as a corpus.
struct ItemCorpus {
  Corpus corpus;
  std::vector<idx_t> items;  ///< of each token

  /// Row t of `tokens` becomes row items[t] of the result (n_items, cols); the other rows are zero.
  Matrix by_item(const Matrix& tokens, std::size_t n_items) const;
};

/// How events become sequences.
enum class SequenceOf {
  kUser,    ///< a user's events in order of time
  kBasket,  ///< those a user has at one time, such as a receipt; a user without times is one basket
  kBags,    ///< a user's events in order, each basket a bag
};

/// Items with fewer than min_count events are left out. Sequences are cut after 10,000 tokens, which bounds
/// the memory that their pairs take. `model` is named in messages. Throws Error(kBadData) if nothing is left.
///
/// Collective: every rank gets the corpus of all ranks' users, in their order. Bytes sent: 4 for each own token, 8 with
/// bags, to each other rank.
ItemCorpus item_corpus(const TrainingData& data, std::uint64_t min_count, SequenceOf sequence,
                       std::string_view model, const Context& context = {});

}  // namespace akin
