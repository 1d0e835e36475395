#include "akin/base/rank_talk.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "akin/base/error.h"

namespace akin {

void together(const Communicator& ranks, const std::function<void()>& work) {
  if (ranks.alone()) return work();
  std::optional<Error> own;
  try {
    work();
  } catch (const Error& error) {
    own = error;
  }
  const int code = own ? static_cast<int>(own->code()) : -1;
  const std::vector<int> codes = gather_all(ranks, std::span(&code, 1));
  const std::vector<std::string> messages = gather_texts(ranks, own ? own->what() : "");
  for (std::size_t r = 0; r < codes.size(); ++r) {
    if (codes[r] >= 0) throw Error(static_cast<ErrorCode>(codes[r]), messages[r]);
  }
}

void on_first(const Communicator& ranks, const std::function<void()>& work) {
  together(ranks, [&] {
    if (ranks.first()) work();
  });
}

void any_of_ranks(const Communicator& ranks, std::vector<char>& flags) {
  if (ranks.alone()) return;
  constexpr std::size_t kPiece = std::size_t{1} << 20;  // so that memory does not grow with the ranks
  for (std::size_t begin = 0; begin < flags.size(); begin += kPiece) {
    const std::span<char> piece = std::span(flags).subspan(begin, std::min(kPiece, flags.size() - begin));
    const std::vector<char> all = gather_all(ranks, std::span<const char>(piece));
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i] != 0) piece[i % piece.size()] = 1;
    }
  }
}

void broadcast_text(const Communicator& ranks, std::string& text, int root) {
  std::size_t size = text.size();
  ranks.broadcast(std::as_writable_bytes(std::span(&size, 1)), root);
  text.resize(size);
  ranks.broadcast(std::as_writable_bytes(std::span(text)), root);
}

std::uint64_t Packed::number() {
  AKIN_ASSERT(bytes_.size() - at_ >= sizeof(std::uint64_t));
  std::uint64_t number = 0;
  std::memcpy(&number, bytes_.data() + at_, sizeof number);
  at_ += sizeof number;
  return number;
}

std::string_view Packed::text() {
  const std::uint64_t size = number();
  AKIN_ASSERT(bytes_.size() - at_ >= size);
  const std::string_view text = std::string_view(bytes_).substr(at_, size);
  at_ += size;
  return text;
}

}  // namespace akin
