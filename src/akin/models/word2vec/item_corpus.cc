#include "akin/models/word2vec/item_corpus.h"

#include <algorithm>
#include <numeric>

#include "akin/base/communicator.h"
#include "akin/base/error.h"

namespace akin {
namespace {

constexpr std::size_t kLongestSequence = 10'000;

/// Deals events out to sequences and bags.
class SequenceWriter {
 public:
  SequenceWriter(SequenceOf sequence, Corpus& corpus) : sequence_(sequence), corpus_(corpus) {}

  void add(const Event& event, bool first_of_user, idx_t token) {
    const bool next_basket = first_of_user || event.time != time_;
    const bool next = first_of_user || (sequence_ == SequenceOf::kBasket && next_basket) ||
                      corpus_.tokens.size() - corpus_.offsets.back() >= kLongestSequence;
    if (next) end();
    bag_ += next_basket ? 1 : 0;
    time_ = event.time;
    user_ = event.user;
    if (token == kNoToken) return;
    corpus_.tokens.push_back(token);
    if (sequence_ == SequenceOf::kBags) corpus_.bags.push_back(bag_);
  }
  void end() {
    if (corpus_.tokens.size() == corpus_.offsets.back()) return;
    corpus_.offsets.push_back(corpus_.tokens.size());
    corpus_.document.push_back(user_);
    bag_ = 0;
  }

 private:
  SequenceOf sequence_;
  Corpus& corpus_;
  std::int64_t time_ = kNoTime;
  idx_t user_ = 0;
  std::uint32_t bag_ = 0;
};

/// The sequences of all ranks, one after the other.
void gather_sequences(const Communicator& ranks, Corpus& corpus) {
  if (ranks.alone()) return;
  std::vector<std::uint64_t> lengths(corpus.offsets.begin() + 1, corpus.offsets.end());
  for (std::size_t s = lengths.size(); s-- > 0;) lengths[s] -= corpus.offsets[s];
  corpus.offsets = {0};
  for (const std::uint64_t length : gather_all(ranks, std::span<const std::uint64_t>(lengths)))
    corpus.offsets.push_back(corpus.offsets.back() + length);
  for (std::vector<idx_t>* column : {&corpus.tokens, &corpus.bags, &corpus.document})
    *column = gather_all(ranks, std::span<const idx_t>(*column));
}

}  // namespace

Matrix ItemCorpus::by_item(const Matrix& tokens, std::size_t n_items) const {
  Matrix result(n_items, tokens.cols());
  for (std::size_t t = 0; t < items.size(); ++t) std::ranges::copy(tokens[t], result.row(items[t]));
  return result;
}

ItemCorpus item_corpus(const TrainingData& data, std::uint64_t min_count, SequenceOf sequence,
                       std::string_view model, const Context& context) {
  std::vector<std::uint64_t> counts(data.n_items(), 0);
  for (const Event& event : data.events) ++counts[event.item];
  add_over_ranks(context.ranks(), std::span(counts));
  ItemCorpus result;
  for (idx_t i = 0; i < counts.size(); ++i) {
    if (counts[i] >= std::max<std::uint64_t>(1, min_count)) result.items.push_back(i);
  }
  if (result.items.empty()) {
    fail(ErrorCode::kBadData, "{}: none of the {} events is of an item with min_count = {} events or more",
         model, std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}), min_count);
  }
  std::ranges::stable_sort(result.items, [&](idx_t a, idx_t b) { return counts[a] > counts[b]; });
  std::vector<idx_t> token(counts.size(), kNoToken);
  for (idx_t t = 0; t < result.items.size(); ++t) {
    token[result.items[t]] = t;
    result.corpus.counts.push_back(counts[result.items[t]]);
  }
  SequenceWriter writer(sequence, result.corpus);
  for (std::size_t e = 0; e < data.events.size(); ++e) {
    const bool first_of_user = e == 0 || data.events[e].user != data.events[e - 1].user;
    writer.add(data.events[e], first_of_user, token[data.events[e].item]);
  }
  writer.end();
  gather_sequences(context.ranks(), result.corpus);
  return result;
}

}  // namespace akin
