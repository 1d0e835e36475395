// word2vec position by position: CBOW, hierarchical softmax, full softmax.
#pragma once

#include "akin/models/fit/context.h"
#include "akin/models/word2vec/huffman.h"
#include "akin/models/word2vec/word2vec_training.h"

namespace akin {

/// Trains `vectors` with every combination that Word2VecOptions has, in the order of the text, on one thread. A
/// position's output o is predicted from a hidden vector h: with skip-gram each input of its context in turn,
/// with CBOW the mean (or sum) of all of it; its document, if it has one, is context (PV-DM; Le & Mikolov
/// 2014). Each output layer takes a step down its loss:
///
///   negative sampling     -log sigma(h . c_o) - sum_k log sigma(-h . c_k), k drawn as count^negatives_power
///   hierarchical softmax  -sum over the nodes n of the Huffman path of log sigma(+-h . u_n), + to the left
///   full softmax          -h . c_o + log sum_j exp(h . c_j)
///
/// and the inputs move by e = alpha times the sum of their gradients to h: the whole of e each for the mean,
/// e / count for the sum, as word2vec does (Rong, "word2vec parameter learning explained", 2014, has e /
/// count for the mean, eq. 23). Skip-gram with negative sampling alone takes shared_negatives inputs of a
/// position in one sgns_step() (Ji et al. 2016).
///
/// Tokens with side tokens are not for this trainer. Cost of an epoch: O(positions x outputs x size),
/// outputs = negative + 1, the code length, or all. Errors as train_sgns().
void train_windows(const Corpus& corpus, const Word2VecOptions& options, const FitContext& context,
                   Word2VecVectors& vectors, const Word2VecSnapshot& snapshot);

/// One step of full softmax: moves `outputs` and adds what h should move by to `error` (both outputs.cols()
/// floats). Returns the loss before it. With p_j = exp(h . c_j) / sum, g_j = alpha (y_j - p_j):
/// error += sum_j g_j c_j, c_j += g_j h.
double softmax_step(std::span<const float> h, idx_t output, float learning_rate, Matrix& outputs,
                    std::span<float> error);

/// One step of hierarchical softmax, likewise; y_n = 1 where the path goes left.
double huffman_step(std::span<const float> h, std::span<const HuffmanTree::Step> path, float learning_rate,
                    Matrix& nodes, std::span<float> error);

}  // namespace akin
