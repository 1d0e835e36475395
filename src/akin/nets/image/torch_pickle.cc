#include "akin/nets/image/torch_pickle.h"

#include <algorithm>
#include <array>
#include <bit>

#include "akin/base/error.h"
#include "akin/base/text.h"

namespace akin::nets {
namespace {

// Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py
enum Op : unsigned char {
  kProto = 0x80,
  kFrame = 0x95,
  kStop = '.',
  kMark = '(',
  kNone = 'N',
  kTrue = 0x88,
  kFalse = 0x89,
  kInt4 = 'J',
  kInt1 = 'K',
  kInt2 = 'M',
  kLong1 = 0x8a,
  kFloat = 'G',
  kText4 = 'X',
  kText1 = 0x8c,
  kString1 = 'U',
  kString4 = 'T',
  kEmptyTuple = ')',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kTuple = 't',
  kEmptyList = ']',
  kAppend = 'a',
  kAppends = 'e',
  kEmptyDict = '}',
  kSetItem = 's',
  kSetItems = 'u',
  kGlobal = 'c',
  kStackGlobal = 0x93,
  kPersistent = 'Q',
  kReduce = 'R',
  kBuild = 'b',
  kPut1 = 'q',
  kPut4 = 'r',
  kMemoize = 0x94,
  kGet1 = 'h',
  kGet4 = 'j',
};

constexpr std::string_view kDictName = "collections.OrderedDict",
                           kTensorName = "torch._utils._rebuild_tensor_v2",
                           kParameterName = "torch._utils._rebuild_parameter";
constexpr std::array<std::string_view, 12> kNames = {kDictName,
                                                     kTensorName,
                                                     kParameterName,
                                                     "torch.FloatStorage",
                                                     "torch.HalfStorage",
                                                     "torch.BFloat16Storage",
                                                     "torch.DoubleStorage",
                                                     "torch.LongStorage",
                                                     "torch.IntStorage",
                                                     "torch.ShortStorage",
                                                     "torch.CharStorage",
                                                     "torch.ByteStorage"};

}  // namespace

void PickleReader::damaged(std::string_view what) const {
  fail(ErrorCode::kBadData, "{}: byte {}: {}", where_, at_, what);
}

std::string_view PickleReader::take(std::uint64_t count) {
  if (count > bytes_.size() - at_) damaged("the file is cut off");
  const std::string_view taken = bytes_.substr(at_, count);
  at_ += count;
  return taken;
}

std::string_view PickleReader::line() {
  const std::size_t end = bytes_.find('\n', at_);
  if (end == std::string_view::npos) damaged("the file is cut off");
  const std::string_view taken = take(end - at_);
  ++at_;
  return taken;
}

std::uint64_t PickleReader::number(int bytes) {
  const std::string_view text = take(static_cast<std::uint64_t>(bytes));
  std::uint64_t value = 0;
  for (std::size_t i = text.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(text[i]);
  return value;
}

PickleValue* PickleReader::push(PickleValue value) {
  constexpr std::size_t kMostValues = 2'000'000;  // a net has some dozens a tensor
  if (values_.size() == kMostValues) damaged(fmt::format("has over {} values", kMostValues));
  values_.push_back(std::move(value));
  stack_.push_back(&values_.back());
  return stack_.back();
}

PickleValue* PickleReader::pop() {
  if (stack_.empty() || stack_.back()->as<PickleMark>() != nullptr) damaged("is no pickle of torch");
  PickleValue* const value = stack_.back();
  stack_.pop_back();
  return value;
}

std::vector<PickleRef> PickleReader::pop_to_mark() {
  const auto mark = std::find_if(stack_.rbegin(), stack_.rend(),
                                 [](PickleRef value) { return value->as<PickleMark>() != nullptr; });
  if (mark == stack_.rend()) damaged("is no pickle of torch");
  std::vector<PickleRef> items(mark.base(), stack_.end());
  stack_.erase(mark.base() - 1, stack_.end());
  return items;
}

PickleRef PickleReader::next() {
  stack_.clear();
  memo_.clear();
  while (true) {
    const auto opcode = static_cast<unsigned char>(take(1)[0]);
    if (opcode == kStop) break;
    step(opcode);
  }
  PickleValue* const value = pop();
  if (!stack_.empty()) damaged("is no pickle of torch");
  return value;
}

void PickleReader::step(unsigned char opcode) {
  if (push_number(opcode) || push_text(opcode) || remember(opcode) || build(opcode)) return;
  damaged(
      fmt::format("holds what is no number, text, list, dict or tensor (opcode {:#x}); save "
                  "model.state_dict()",
                  opcode));
}

bool PickleReader::push_number(unsigned char opcode) {
  switch (opcode) {
    case kNone:
      push({});
      return true;
    case kTrue:
      push({true});
      return true;
    case kFalse:
      push({false});
      return true;
    case kInt1:
      push({static_cast<std::int64_t>(number(1))});
      return true;
    case kInt2:
      push({static_cast<std::int64_t>(number(2))});
      return true;
    case kInt4:
      push({static_cast<std::int64_t>(static_cast<std::int32_t>(number(4)))});
      return true;
    case kFloat: {  // the big end first
      const std::string_view text = take(8);
      std::uint64_t bits = 0;
      for (const char c : text) bits = bits << 8 | static_cast<unsigned char>(c);
      push({std::bit_cast<double>(bits)});
      return true;
    }
    case kLong1: {
      const std::string_view text = take(number(1));
      if (text.size() > 8) {
        push({std::string(text)});
        return true;
      }
      std::uint64_t value = !text.empty() && (text.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
      for (std::size_t i = text.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(text[i]);
      push({static_cast<std::int64_t>(value)});
      return true;
    }
    default:
      return false;
  }
}

bool PickleReader::push_text(unsigned char opcode) {
  switch (opcode) {
    case kText1:
    case kString1:
      push({std::string(take(number(1)))});
      return true;
    case kText4:
    case kString4:
      push({std::string(take(number(4)))});
      return true;
    case kGlobal: {
      const std::string_view module = line();
      push_name(module, line());
      return true;
    }
    case kStackGlobal: {
      const PickleRef name = pop(), module = pop();
      const auto *first = module->as<std::string>(), *second = name->as<std::string>();
      if (first == nullptr || second == nullptr) damaged("is no pickle of torch");
      push_name(*first, *second);
      return true;
    }
    default:
      return false;
  }
}

bool PickleReader::remember(unsigned char opcode) {
  switch (opcode) {
    case kPut1:
    case kPut4:
    case kMemoize: {
      const std::uint64_t at = opcode == kMemoize ? memo_.size() : number(opcode == kPut1 ? 1 : 4);
      if (at > memo_.size() + values_.size() || at > bytes_.size()) damaged("is no pickle of torch");
      if (at >= memo_.size()) memo_.resize(at + 1, nullptr);
      PickleValue* const value = pop();
      stack_.push_back(value);
      memo_[at] = value;
      return true;
    }
    case kGet1:
    case kGet4: {
      const std::uint64_t at = number(opcode == kGet1 ? 1 : 4);
      if (at >= memo_.size() || memo_[at] == nullptr) damaged("is no pickle of torch");
      stack_.push_back(memo_[at]);
      return true;
    }
    default:
      return false;
  }
}

bool PickleReader::build(unsigned char opcode) {
  switch (opcode) {
    case kProto:
      if (const std::uint64_t version = number(1); version > 5)
        damaged(fmt::format("is a pickle of protocol {}", version));
      return true;
    case kFrame:
      number(8);
      return true;
    case kMark:
      push({PickleMark()});
      return true;
    case kEmptyTuple:
      push_tuple(0);
      return true;
    case kTuple1:
      push_tuple(1);
      return true;
    case kTuple2:
      push_tuple(2);
      return true;
    case kTuple3:
      push_tuple(3);
      return true;
    case kTuple: {
      auto items = pop_to_mark();
      push({PickleList{std::move(items), true}});
      return true;
    }
    case kEmptyList:
      push({PickleList()});
      return true;
    case kEmptyDict:
      push({PickleDict()});
      return true;
    case kAppend:
      append({pop()});
      return true;
    case kAppends:
      append(pop_to_mark());
      return true;
    case kSetItem: {
      const PickleRef value = pop(), key = pop();
      set_items({key, value});
      return true;
    }
    case kSetItems:
      set_items(pop_to_mark());
      return true;
    case kPersistent:
      push_storage();
      return true;
    case kReduce:
      reduce();
      return true;
    case kBuild: {  // what a dict knows of itself, such as versions of modules
      pop();
      PickleValue* const object = pop();
      if (object->as<PickleDict>() == nullptr) damaged("sets the state of what is no dict");
      stack_.push_back(object);
      return true;
    }
    default:
      return false;
  }
}

void PickleReader::push_tuple(std::size_t count) {
  PickleList tuple{std::vector<PickleRef>(count), true};
  for (std::size_t i = count; i-- > 0;) tuple.items[i] = pop();
  push({std::move(tuple)});
}

void PickleReader::push_name(std::string_view module, std::string_view name) {
  const std::string text = fmt::format("{}.{}", module == "__builtin__" ? "builtins" : module, name);
  if (std::ranges::find(kNames, text) == kNames.end()) {
    damaged(fmt::format("names {}, and akin reads tensors alone; save model.state_dict()",
                        printable(std::string_view(text).substr(0, 200))));
  }
  push({PickleName{text}});
}

void PickleReader::append(const std::vector<PickleRef>& items) {
  PickleValue* const value = pop();
  auto* const list = std::get_if<PickleList>(&value->held);
  if (list == nullptr || list->is_tuple) damaged("is no pickle of torch");
  list->items.insert(list->items.end(), items.begin(), items.end());
  stack_.push_back(value);
}

void PickleReader::set_items(std::vector<PickleRef> items) {
  PickleValue* const value = pop();
  auto* const dict = std::get_if<PickleDict>(&value->held);
  if (dict == nullptr || items.size() % 2 != 0) damaged("is no pickle of torch");
  for (std::size_t i = 0; i < items.size(); i += 2) dict->items.emplace_back(items[i], items[i + 1]);
  stack_.push_back(value);
}

/// ("storage", torch.FloatStorage, key, device, elements) or, of the old format, with None behind it.
void PickleReader::push_storage() {
  const PickleRef value = pop();
  const auto* const list = value->as<PickleList>();
  const auto fits = [&] {
    if (list == nullptr || list->items.size() < 5 || list->items.size() > 6) return false;
    const auto& items = list->items;
    const auto *kind = items[0]->as<std::string>(), *key = items[2]->as<std::string>();
    const auto* const type = items[1]->as<PickleName>();
    const auto* const size = items[4]->as<std::int64_t>();
    return kind != nullptr && *kind == "storage" && key != nullptr && type != nullptr &&
           type->text.ends_with("Storage") && size != nullptr && *size >= 0 &&
           (items.size() == 5 || items[5]->as<std::monostate>() != nullptr);
  };
  if (!fits()) damaged("refers to what is no storage of torch");
  const auto& items = list->items;
  push({PickleStorage{items[1]->as<PickleName>()->text.substr(std::string_view("torch.").size()),
                      *items[2]->as<std::string>(),
                      static_cast<std::uint64_t>(*items[4]->as<std::int64_t>())}});
}

void PickleReader::reduce() {
  const PickleRef arguments = pop(), called = pop();
  const auto* const name = called->as<PickleName>();
  const auto* const list = arguments->as<PickleList>();
  if (name == nullptr || list == nullptr) damaged("calls what is no function");
  if (name->text == kDictName && list->items.empty()) {
    push({PickleDict()});
  } else if (name->text == kTensorName) {
    rebuild_tensor(*list);
  } else if (name->text == kParameterName && !list->items.empty() && list->items[0]->as<PickleTensor>()) {
    push(*list->items[0]);
  } else {
    damaged(fmt::format("calls {} in a way that is not known", name->text));
  }
}

/// (storage, offset, shape, strides, requires_grad, hooks)
void PickleReader::rebuild_tensor(const PickleList& arguments) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40;  // so that products of two do not overflow
  const auto whole = [&](PickleRef value) {
    const auto* const size = value->as<std::int64_t>();
    if (size == nullptr || *size < 0 || static_cast<std::uint64_t>(*size) > kMost)
      damaged("holds a tensor without a shape");
    return static_cast<std::uint64_t>(*size);
  };
  const auto sizes = [&](PickleRef value) {
    const auto* const list = value->as<PickleList>();
    if (list == nullptr || list->items.size() > 16) damaged("holds a tensor without a shape");
    std::vector<std::uint64_t> result;
    for (const PickleRef item : list->items) result.push_back(whole(item));
    return result;
  };
  const auto& items = arguments.items;
  if (items.size() < 4 || items[0]->as<PickleStorage>() == nullptr) damaged("holds a tensor without numbers");
  PickleTensor tensor{*items[0]->as<PickleStorage>(), whole(items[1]), sizes(items[2]), sizes(items[3])};
  if (tensor.shape.size() != tensor.strides.size()) damaged("holds a tensor without a shape");
  push({std::move(tensor)});
}

}  // namespace akin::nets
