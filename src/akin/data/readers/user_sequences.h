// Lines of a user, the items before and the next one, as the events of one sequence.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "akin/data/builder.h"
#include "akin/data/id_map.h"

namespace akin {

/// Sequential benchmark files hold a line for each prefix of a user's sequence, maybe without its oldest items
/// (RecBole: item_id_list, item_id). Each item of a sequence becomes one event; the positions 0, 1, 2 ... of a
/// user serve as times.
class UserSequences {
 public:
  UserSequences(EventKind kind, DatasetBuilder& builder) : kind_(kind), builder_(builder) {}

  /// A line of a file of that part: the item `next` after `before`, oldest first. What continues the user's
  /// sequence is added to it, `next` as an event of the part; of `before`, what is not known yet is trained on in
  /// the training part and is history elsewhere. Nothing is added by a line that the sequence holds already.
  void add(std::string_view user, std::span<const std::string_view> before, std::string_view next,
           Subset part);

  bool any() const { return !sequences_.empty(); }
  std::uint64_t repeated() const { return repeated_; }  ///< lines that added nothing

 private:
  void append(std::string_view user, std::vector<idx_t>& sequence, idx_t item, Subset part);

  EventKind kind_;
  DatasetBuilder& builder_;
  IdMap users_, items_;
  std::vector<std::vector<idx_t>> sequences_;
  std::uint64_t repeated_ = 0;
};

}  // namespace akin
