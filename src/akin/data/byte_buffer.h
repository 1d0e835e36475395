// A growing block of bytes for columns of gigabytes.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace akin {

/// Like std::string for appending, but large blocks grow by moving pages instead of copying bytes, so that
/// growth never holds them twice, and they ask for huge pages: the kernel's page faults would take longer
/// than parsing the text.
class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(const ByteBuffer& other) { append(other.view()); }
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer other) noexcept {
    swap(other);
    return *this;
  }
  ~ByteBuffer() = default;

  const char* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::string_view view() const { return {data_.get(), size_}; }

  /// `text` must not lie in this buffer. Throws std::bad_alloc.
  void append(std::string_view text) {
    if (text.empty()) return;
    if (text.size() > capacity_ - size_) grow(size_ + text.size());
    std::memcpy(data_.get() + size_, text.data(), text.size());
    size_ += text.size();
  }
  /// Room for `bytes` bytes in all.
  void reserve(std::size_t bytes) {
    if (bytes > capacity_) resize_block(bytes);
  }
  void swap(ByteBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  struct Free {
    void operator()(char* block) const { std::free(block); }
  };
  void grow(std::size_t needed);
  void resize_block(std::size_t capacity);

  std::unique_ptr<char[], Free> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace akin
