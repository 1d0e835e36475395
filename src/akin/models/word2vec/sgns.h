// Skip-gram with negative sampling over sequences of tokens.
#pragma once

#include "akin/models/fit/context.h"
#include "akin/models/word2vec/word2vec_training.h"

namespace akin {

/// Trains `vectors` as word2vec does (Mikolov et al. 2013): each position of Windows is an output, predicted
/// by each of its context; every pair also meets `negatives` negative tokens. With side tokens each position
/// also has those it drew as outputs and, at its context, as inputs, and they predict the token beside them;
/// with documents its document is an input too.
///
/// The same bits at any number of threads, with no lock and no race: inputs and outputs are assigned into B
/// blocks each, and the pairs of a chunk of text are sorted into B x B buckets. In round r bucket (i, (i + r)
/// mod B) of each i is trained; these B buckets share no row, so they may run at once in any order. Negatives
/// come from the block of the output (as PyTorch-BigGraph does: Lerer et al. 2019). Rows are assigned again
/// each epoch, in strata of B of like count, so blocks stay equally heavy and each token meets all others
/// as negatives.
///
/// Ranks keep some blocks of outputs each, and those of inputs go from rank to rank between the rounds. So up to B = 8
/// ranks are busy; each draws the windows of the whole text. Bytes sent by all N ranks together: N times those of the
/// inputs for each chunk, and N times those of inputs and outputs after each epoch.
///
/// In a bucket up to shared_negatives inputs of one output share its negatives and make one sgns_step(),
/// which turns most of the arithmetic into products of small matrices (after Ji et al., "Parallelizing
/// word2vec in shared and distributed memory", 2016, who share within a window). The expected gradient of a
/// pair is that of word2vec.
///
/// Cost: O(tokens x window x (negative + 1) x size) an epoch; memory beyond the vectors: about 14 bytes for
/// each pair of a chunk, of up to 2^24. Errors as train_word2vec().
void train_sgns(const Corpus& corpus, const Word2VecOptions& options, const FitContext& context,
                Word2VecVectors& vectors, const Word2VecSnapshot& snapshot);

}  // namespace akin
