// What the ranks that read a file together have noted of its columns, in one place.
#include <algorithm>
#include <map>

#include "akin/base/communicator.h"
#include "akin/base/rank_talk.h"
#include "akin/data/readers/event_checks.h"
#include "akin/data/readers/id_column.h"
#include "akin/data/readers/text_decode.h"

namespace akin {

void Seen::gather(const Communicator& ranks) {
  Packed own;
  own.add(count);
  own.add_text(where);
  own.add_text(value);
  *this = {};
  for (std::string& bytes : gather_texts(ranks, own.bytes())) {
    if (!ranks.first()) return;
    Packed one(std::move(bytes));
    const std::uint64_t more = one.number();
    if (count == 0) {
      where = one.text();
      value = one.text();
    }
    count += more;
  }
}

void IdColumn::gather(const Communicator& ranks) {
  for (Seen* const seen : {&blanks_, &formulas_, &decomposed_, &not_utf8_, &scientific_, &lists_})
    seen->gather(ranks);
  decimals_ = gather_all(ranks, std::span<const Odd>(decimals_));
  zeros_ = gather_all(ranks, std::span<const Odd>(zeros_));
  add_over_ranks(ranks, std::span<std::uint64_t>(digits_of_length_));
  ids_ = sum_over_ranks(ranks, ids_);
  least_ = std::ranges::min(gather_all(ranks, std::span<const double>(&least_, 1)));
  most_ = std::ranges::max(gather_all(ranks, std::span<const double>(&most_, 1)));
  if (ranks.first()) return;
  decimals_.clear();
  zeros_.clear();
  digits_of_length_ = {};
  ids_ = 0;
}

void TimeColumn::gather(const Communicator& ranks) {
  for (Seen* const seen : {&unlikely_, &zoned_, &zoneless_}) seen->gather(ranks);
  for (Seen& unit : units_) unit.gather(ranks);
  for (std::uint64_t* const count : {&forward_, &backward_, &user_forward_, &user_backward_, &ties_})
    *count = sum_over_ranks(ranks, *count);
}

void ValueColumn::gather(const Communicator& ranks) {
  for (Seen* const seen : {&grouped_, &truths_, &nonpositive_}) seen->gather(ranks);
  least_ = std::ranges::min(gather_all(ranks, std::span<const float>(&least_, 1)));
  most_ = std::ranges::max(gather_all(ranks, std::span<const float>(&most_, 1)));
  count_ = sum_over_ranks(ranks, count_);
}

void KindColumn::gather(const Communicator& ranks) {
  Packed own;
  for (idx_t t = 0; t < texts_.size(); ++t) {
    own.add_text(texts_.id(t));
    own.add(meanings_[t].count);
  }
  texts_ = {};
  meanings_.clear();
  for (std::string& bytes : gather_texts(ranks, own.bytes())) {
    for (Packed all(std::move(bytes)); !all.at_end();) {
      const std::string_view text = all.text();
      const std::uint64_t count = all.number();
      EventKind unused{};
      if (!texts_.find(text) && texts_.size() >= kMostTexts) continue;
      read(text, unused);
      meanings_[*texts_.find(text)].count += count - 1;
    }
  }
}

void TextDecoder::gather(const Communicator& ranks) {
  repaired_ = sum_over_ranks(ranks, repaired_);
  windows_ = sum_over_ranks(ranks, int{windows_}) > 0;
  if (ranks.first()) return;
  repaired_ = 0;
  windows_ = false;
}

}  // namespace akin
