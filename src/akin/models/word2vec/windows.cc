#include "akin/models/word2vec/windows.h"

#include <algorithm>
#include <cmath>

#include "akin/base/parallel.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

constexpr std::uint32_t kAlways = 0xFFFFFFFF;
constexpr std::size_t kParts = 64;  // units of work

}  // namespace

/// What one worker makes of some sequences, in their order; spans count from its first token.
struct Windows::Chunk {
  std::vector<idx_t> tokens;
  std::vector<Span> spans;
  std::vector<std::uint32_t> bags;
  std::vector<idx_t> side, document;
};

Windows::Windows(const Corpus& corpus, const WindowOptions& options)
    : corpus_(corpus), options_(options), keep_(corpus.counts.size(), kAlways) {
  if (!(options.sample > 0)) return;
  const double total = static_cast<double>(corpus.tokens.size());
  for (std::size_t i = 0; i < keep_.size(); ++i) {
    const double ratio = options.sample * total / static_cast<double>(corpus.counts[i]);
    const double probability = std::sqrt(ratio) + ratio;
    if (probability < 1) keep_[i] = static_cast<std::uint32_t>(probability * 0x1.0p32);
  }
}

/// Of the tokens from `first` on, which are one sequence.
void Windows::add_spans(Chunk& chunk, std::size_t first, Rng& rng) const {
  const std::size_t end = chunk.tokens.size();
  for (std::size_t p = first; p < end; ++p) {
    const std::size_t reach = options_.shrink ? 1 + rng.below(options_.window) : options_.window;
    Span span = {static_cast<std::uint32_t>(p - first > reach ? p - reach : first),
                 static_cast<std::uint32_t>(end - p > reach ? p + reach + 1 : end)};
    if (!chunk.bags.empty()) {
      const std::uint32_t bag = chunk.bags[p];
      span = {static_cast<std::uint32_t>(p), static_cast<std::uint32_t>(p + 1)};
      while (span.begin > first && bag - chunk.bags[span.begin - 1] <= reach) --span.begin;
      while (span.end < end && chunk.bags[span.end] - bag <= reach) ++span.end;
    }
    chunk.spans.push_back(span);
  }
}

void Windows::fill_chunk(std::size_t epoch, std::size_t begin, std::size_t end, std::uint64_t seed,
                         Chunk& chunk) const {
  for (std::size_t s = begin; s < end; ++s) {
    Rng rng(Rng::mix(seed + epoch), s);
    const std::size_t first = chunk.tokens.size();
    for (std::uint64_t t = corpus_.offsets[s]; t < corpus_.offsets[s + 1]; ++t) {
      const idx_t token = corpus_.tokens[t];
      if (keep_[token] != kAlways && static_cast<std::uint32_t>(rng.next()) >= keep_[token]) continue;
      chunk.tokens.push_back(token);
      if (!corpus_.bags.empty()) chunk.bags.push_back(corpus_.bags[t]);
    }
    if (options_.shuffle) rng.shuffle(std::span(chunk.tokens).subspan(first));
    add_spans(chunk, first, rng);
    if (corpus_.n_documents > 0) {
      chunk.document.insert(chunk.document.end(), chunk.tokens.size() - first,
                            static_cast<idx_t>(corpus_.n_outputs() + corpus_.document[s]));
    }
    for (std::size_t p = first; corpus_.n_fields > 0 && p < chunk.tokens.size(); ++p) {
      for (std::size_t f = 0; f < corpus_.n_fields; ++f) {
        const std::vector<idx_t>& choices = corpus_.side[chunk.tokens[p] * corpus_.n_fields + f];
        chunk.side.push_back(choices.empty() ? kNoToken : choices[rng.below(choices.size())]);
      }
    }
  }
}

void Windows::fill(std::size_t epoch, std::size_t begin, std::size_t end, const Context& context) {
  std::vector<Chunk> chunks(kParts);
  parallel_for(
      kParts, context.threads,
      [&](std::size_t first, std::size_t last, int) {
        for (std::size_t p = first; p < last; ++p) {
          const std::size_t from = begin + (end - begin) * p / kParts;
          const std::size_t to = begin + (end - begin) * (p + 1) / kParts;
          fill_chunk(epoch, from, to, Rng::mix(context.seed), chunks[p]);
        }
      },
      1);
  for (auto* column : {&tokens_, &side_, &document_, &bags_}) column->clear();
  spans_.clear();
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  for (const Chunk& chunk : chunks) {
    const auto base = static_cast<std::uint32_t>(tokens_.size());
    for (const Span span : chunk.spans) spans_.push_back({base + span.begin, base + span.end});
    append(tokens_, chunk.tokens);
    append(bags_, chunk.bags);
    append(side_, chunk.side);
    append(document_, chunk.document);
  }
}

}  // namespace akin
