// What context tokens keep, with the draws of word2vec: thinning, reach.
#pragma once

#include <span>
#include <vector>

#include "akin/base/context.h"
#include "akin/base/rng.h"
#include "akin/models/word2vec/corpus.h"

namespace akin {

/// What context a token keeps.
struct WindowOptions {
  std::size_t window = 5;  ///< farthest distance of context, in tokens (in bags where the corpus has them)
  bool shrink = true;      ///< each occurrence draws its reach from 1 .. window; else it is the window
  bool shuffle = false;    ///< sequences are sets: in another order each epoch
  bool documents_only = false;  ///< a token's only context is its document
  double sample = 1e-3;         ///< tokens above this share of all are thinned out; 0 = none
};

/// A stretch of whole sequences after thinning: a token w with share f_w of all occurrences stays with
/// probability sqrt(t / f_w) + t / f_w, t = sample (as word2vec does;
/// the paper's formula has the first term only).
class Windows {
 public:
  /// Neither is owned.
  Windows(const Corpus& corpus, const WindowOptions& options);

  /// Draws again what is left of sequences begin .. end, on up to context.threads threads; a sequence's draws
  /// depend on seed, epoch and its own number only.
  void fill(std::size_t epoch, std::size_t begin, std::size_t end, const Context& context);

  std::size_t positions() const { return tokens_.size(); }
  idx_t token(std::size_t position) const { return tokens_[position]; }
  /// The side tokens that the position drew, kNoToken for fields without any.
  std::span<const idx_t> side(std::size_t position) const {
    return {side_.data() + position * corpus_.n_fields, corpus_.n_fields};
  }
  /// The input that stands for the position's document; kNoToken if there is none.
  idx_t document(std::size_t position) const { return document_.empty() ? kNoToken : document_[position]; }
  /// Calls visit(p) for the positions that are context of `position`, from left to right.
  template <typename Visit>
  void context(std::size_t position, Visit&& visit) const {
    const Span span = spans_[position];
    for (std::uint32_t p = span.begin; p < span.end; ++p) {
      if (bags_.empty() ? p != position : bags_[p] != bags_[position]) visit(p);
    }
  }
  /// At most how many positions context() visits.
  std::size_t context_bound(std::size_t position) const {
    return spans_[position].end - spans_[position].begin;
  }
  /// Bring what context() looks at into the cache: first the one, some time later the other.
  void prefetch_span(std::size_t position) const { __builtin_prefetch(&spans_[position]); }
  void prefetch_context(std::size_t position) const { __builtin_prefetch(&tokens_[spans_[position].begin]); }

 private:
  /// The positions within reach of one, itself among them. A bag is a set: its own tokens are not context.
  struct Span {
    std::uint32_t begin, end;
  };
  struct Chunk;
  void add_spans(Chunk& chunk, std::size_t first, Rng& rng) const;
  void fill_chunk(std::size_t epoch, std::size_t begin, std::size_t end, std::uint64_t seed,
                  Chunk& chunk) const;

  const Corpus& corpus_;
  const WindowOptions& options_;
  std::vector<std::uint32_t> keep_;  // probability of keeping an occurrence of each token, in 2^-32
  std::vector<idx_t> tokens_;        // by position
  std::vector<Span> spans_;
  std::vector<std::uint32_t> bags_;
  std::vector<idx_t> side_;
  std::vector<idx_t> document_;  // its input, or empty
};

}  // namespace akin
