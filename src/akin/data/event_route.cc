#include "akin/data/event_route.h"

#include <utility>

#include "akin/base/communicator.h"

namespace akin {

EventRoute::EventRoute(const Communicator& ranks, std::vector<Rank> to, std::vector<std::size_t> parts)
    : ranks_(ranks), to_(std::move(to)) {
  const std::size_t n_parts = parts.size() - 1;
  std::vector<std::vector<std::size_t>> counts(size(), std::vector<std::size_t>(n_parts, 0));
  for (std::size_t part = 0; part < n_parts; ++part) {
    for (std::size_t row = parts[part]; row < parts[part + 1]; ++row) {
      if (to_[row] != kNowhere) ++counts[to_[row]][part];
    }
  }
  const std::vector<std::size_t> got = exchange_all(ranks, counts);  // by rank, then by part
  offsets_ = {0};
  for (std::size_t part = 0; part < n_parts; ++part) {
    for (std::size_t from = 0; from < size(); ++from)
      offsets_.push_back(offsets_.back() + got[from * n_parts + part]);
  }
  const std::size_t own = to_.size();
  const std::vector<std::size_t> sizes = gather_all(ranks, std::span(&own, 1));
  rounds_ = (*std::ranges::max_element(sizes) + kPiece - 1) / kPiece;
}

std::size_t EventRoute::rows_from(std::size_t rank) const {
  std::size_t rows = 0;
  for (std::size_t block = rank; block + 1 < offsets_.size(); block += size())
    rows += offsets_[block + 1] - offsets_[block];
  return rows;
}

}  // namespace akin
