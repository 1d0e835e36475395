// Errors, texts and flags of several ranks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/base/communicator.h"

namespace akin {

/// Collective. Calls work() on every rank; if it throws an Error somewhere, all ranks throw that of the first such rank.
void together(const Communicator& ranks, const std::function<void()>& work);

/// Collective. Calls work() on the first rank only; if it throws an Error, all ranks throw it.
void on_first(const Communicator& ranks, const std::function<void()>& work);

/// Collective. A flag becomes 1 where it is not 0 on some rank; all have the same number.
void any_of_ranks(const Communicator& ranks, std::vector<char>& flags);

/// Collective. Every rank gets the text of rank `root`.
void broadcast_text(const Communicator& ranks, std::string& text, int root);

/// Numbers and texts one after the other in one text, to be sent.
class Packed {
 public:
  explicit Packed(std::string bytes = {}) : bytes_(std::move(bytes)) {}
  void add(std::uint64_t number) { bytes_.append(reinterpret_cast<const char*>(&number), sizeof number); }
  void add_text(std::string_view text) {
    add(text.size());
    bytes_ += text;
  }
  const std::string& bytes() const { return bytes_; }
  bool at_end() const { return at_ == bytes_.size(); }
  /// The next number or text, in the order in which they were added.
  std::uint64_t number();
  std::string_view text();

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

}  // namespace akin
