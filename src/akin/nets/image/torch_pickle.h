// The pickles of torch.save(), read without executing anything.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace akin::nets {

struct PickleValue;
using PickleRef = const PickleValue*;

/// Numbers of one type somewhere else in the file.
struct PickleStorage {
  std::string type;  ///< such as "FloatStorage"
  std::string key;
  std::uint64_t size = 0;  ///< elements
};
/// A view of a storage.
struct PickleTensor {
  PickleStorage storage;
  std::uint64_t offset = 0;
  std::vector<std::uint64_t> shape, strides;  ///< in elements
};
/// What the pickle names: a class or function of Python.
struct PickleName {
  std::string text;  ///< such as "torch.FloatStorage"
};
struct PickleList {
  std::vector<PickleRef> items;
  bool is_tuple = false;
};
struct PickleDict {
  std::vector<std::pair<PickleRef, PickleRef>> items;
};
struct PickleMark {};
struct PickleValue {
  /// monostate = None. A whole number of more than 8 bytes is its bytes, little end first, as text.
  std::variant<std::monostate, bool, std::int64_t, double, std::string, PickleName, PickleList, PickleDict,
               PickleStorage, PickleTensor, PickleMark>
      held;
  template <typename T>
  const T* as() const {
    return std::get_if<T>(&held);
  }
};

/// Reads one pickle after the other from a text. It knows the opcodes that torch.save() writes of numbers, texts, lists, dicts
/// and tensors, and the names of those alone (collections.OrderedDict, torch._utils._rebuild_tensor_v2 and
/// _rebuild_parameter, torch's storages of float, half, bfloat16, double and whole numbers); all else is refused by its name. Values live as long
/// as the reader. Memory is a few times the bytes read.
class PickleReader {
 public:
  /// `where` is named in errors.
  PickleReader(std::string_view bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}
  /// The next pickle's value. Throws Error(kBadData).
  PickleRef next();
  /// Bytes taken so far.
  std::size_t position() const { return at_; }
  [[noreturn]] void damaged(std::string_view what) const;

 private:
  void step(unsigned char opcode);
  bool push_number(unsigned char opcode);
  bool push_text(unsigned char opcode);
  bool build(unsigned char opcode);
  bool remember(unsigned char opcode);
  std::string_view take(std::uint64_t count);
  std::string_view line();
  std::uint64_t number(int bytes);
  PickleValue* push(PickleValue value);
  PickleValue* pop();
  std::vector<PickleRef> pop_to_mark();
  void push_tuple(std::size_t count);
  void push_name(std::string_view module, std::string_view name);
  void reduce();
  void rebuild_tensor(const PickleList& arguments);
  void set_items(std::vector<PickleRef> items);
  void append(const std::vector<PickleRef>& items);
  void push_storage();

  std::string_view bytes_;
  std::string where_;
  std::size_t at_ = 0;
  std::deque<PickleValue> values_;
  std::vector<PickleValue*> stack_;
  std::vector<PickleValue*> memo_;
};

}  // namespace akin::nets
