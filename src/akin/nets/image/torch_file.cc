#include "akin/nets/image/torch_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>

#include "akin/base/error.h"
#include "akin/base/other_floats.h"
#include "akin/base/text.h"
#include "akin/base/zip_archive.h"
#include "akin/nets/image/torch_pickle.h"

namespace akin::nets {
namespace {

// The pickle of the number 0x1950a86a20f9469cfc6c by protocol 2.
constexpr std::string_view kMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
constexpr std::int64_t kVersion = 1001;

template <typename T>
float number_at(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, Bfloat16>)
    return to_float(value);
  else
    return static_cast<float>(value);
}

struct ElementType {
  std::string_view storage;
  std::size_t size;
  float (*read)(const char* bytes);
};
constexpr std::array<ElementType, 9> kTypes = {{{"FloatStorage", 4, number_at<float>},
                                                {"HalfStorage", 2, number_at<Float16>},
                                                {"BFloat16Storage", 2, number_at<Bfloat16>},
                                                {"DoubleStorage", 8, number_at<double>},
                                                {"LongStorage", 8, number_at<std::int64_t>},
                                                {"IntStorage", 4, number_at<std::int32_t>},
                                                {"ShortStorage", 2, number_at<std::int16_t>},
                                                {"CharStorage", 1, number_at<std::int8_t>},
                                                {"ByteStorage", 1, number_at<std::uint8_t>}}};

const ElementType& type_of(const PickleStorage& storage) {
  return *std::ranges::find(kTypes, storage.type, &ElementType::storage);  // the reader knows no others
}

/// The bytes of a storage.
using Storages = std::function<std::string_view(const PickleStorage&)>;

/// Follows the strides. `left`: numbers that may still be read, since many tensors may view the same storage.
WeightTensor read_tensor(const PickleTensor& view, std::string_view bytes, std::uint64_t& left,
                         const std::string& where) {
  const ElementType& type = type_of(view.storage);
  const std::uint64_t elements = bytes.size() / type.size;
  std::uint64_t count = 1, last = view.offset;
  WeightTensor tensor;
  for (std::size_t d = 0; d < view.shape.size(); ++d) {
    const std::uint64_t size = view.shape[d], stride = view.strides[d];
    if (size == 0 || size > elements || count > elements / size || (size > 1 && stride > elements))
      fail(ErrorCode::kBadData, "{}: has no numbers, or more than its storage", where);
    count *= size;
    last += (size - 1) * (size > 1 ? stride : 0);
    tensor.shape.push_back(size);
  }
  if (last >= elements) fail(ErrorCode::kBadData, "{}: lies beyond its storage", where);
  if (count > left) fail(ErrorCode::kBadData, "{}: the tensors have more numbers than the file", where);
  left -= count;
  tensor.values.reserve(count);
  std::vector<std::uint64_t> at(view.shape.size(), 0);
  for (std::uint64_t place = view.offset; tensor.values.size() < count;) {
    const float value = type.read(bytes.data() + place * type.size);
    if (!std::isfinite(value))
      fail(ErrorCode::kBadData, "{}: number {} is not finite as a float", where, tensor.values.size() + 1);
    tensor.values.push_back(value);
    for (std::size_t d = at.size(); d-- > 0;) {
      place += view.strides[d];
      if (++at[d] < view.shape[d]) break;
      place -= view.strides[d] * view.shape[d];
      at[d] = 0;
    }
  }
  return tensor;
}

/// The dict that holds the tensors: the object itself, or what it calls state_dict or model.
const PickleDict& state_dict(PickleRef object, const std::string& path) {
  const auto* const dict = object->as<PickleDict>();
  if (dict == nullptr)
    fail(ErrorCode::kBadData, "{}: holds no dict of tensors; save model.state_dict()", path);
  for (const auto& [key, value] : dict->items) {
    if (value->as<PickleTensor>() != nullptr) return *dict;
  }
  for (const std::string_view name : {"state_dict", "model_state_dict", "model"}) {
    for (const auto& [key, value] : dict->items) {
      const auto* const text = key->as<std::string>();
      if (text != nullptr && *text == name && value->as<PickleDict>() != nullptr)
        return *value->as<PickleDict>();
    }
  }
  fail(ErrorCode::kBadData, "{}: its dict holds no tensor; save model.state_dict()", path);
}

/// `most` numbers at most.
WeightTensors read_tensors(PickleRef object, const Storages& storages, std::uint64_t most,
                           const std::string& path) {
  WeightTensors tensors;
  for (const auto& [key, value] : state_dict(object, path).items) {
    const auto* const name = key->as<std::string>();
    const auto* const view = value->as<PickleTensor>();
    if (name == nullptr || view == nullptr) {
      fail(ErrorCode::kBadData,
           "{}: its dict of tensors holds {}, which is no tensor; save model.state_dict()", path,
           name == nullptr ? "what has no name" : printable(*name));
    }
    const std::string where = fmt::format("{}: tensor {}", path, printable(*name));
    if (!tensors.emplace(*name, read_tensor(*view, storages(view->storage), most, where)).second)
      fail(ErrorCode::kBadData, "{}: is there twice", where);
  }
  return tensors;
}

std::string content(const ZipArchive& archive, const std::string& name) {
  const auto stream = archive.open(name);
  std::string bytes;
  for (std::string part; !(part = read_up_to(*stream, std::size_t{1} << 24)).empty();) bytes += part;
  return bytes;
}

/// "archive" of "archive/data.pkl"; "" if there is no such file.
std::string folder_of(const ZipArchive& archive) {
  for (const std::string& name : archive.names()) {
    const std::size_t slash = name.find('/');
    if (slash != std::string::npos && name.substr(slash) == "/data.pkl") return name.substr(0, slash);
  }
  return "";
}

}  // namespace

bool is_torch_file(std::string_view head) { return head.starts_with(kMagic); }

WeightTensors read_torch_file(std::string_view bytes, const std::string& path) {
  PickleReader reader(bytes, path);
  reader.next();  // the magic number
  if (const auto* const version = reader.next()->as<std::int64_t>();
      version == nullptr || *version != kVersion)
    reader.damaged("is of a version of torch.save() that is not known");
  const PickleRef system = reader.next();
  if (const auto* const facts = system->as<PickleDict>()) {
    for (const auto& [key, value] : facts->items) {
      const auto* const name = key->as<std::string>();
      const auto* const flag = value->as<bool>();
      if (name != nullptr && *name == "little_endian" && flag != nullptr && !*flag)
        reader.damaged("was written on a machine whose numbers begin with the big end");
    }
  }
  const PickleRef object = reader.next(), keys = reader.next();
  const auto* const list = keys->as<PickleList>();
  if (list == nullptr) reader.damaged("has no list of storages");

  // The storages say their sizes again, but not their types.
  std::map<std::string, std::uint64_t> sizes;
  for (const auto& [key, value] : state_dict(object, path).items) {
    if (const auto* const view = value->as<PickleTensor>())
      sizes[view->storage.key] = type_of(view->storage).size;
  }
  std::map<std::string, std::string_view> storages;
  std::string_view rest = bytes.substr(reader.position());
  for (const PickleRef item : list->items) {
    const auto* const key = item->as<std::string>();
    std::uint64_t count = 0;
    if (key == nullptr || !sizes.contains(*key) || rest.size() < sizeof count)
      reader.damaged("its list of storages does not fit its tensors");
    std::memcpy(&count, rest.data(), sizeof count);
    rest.remove_prefix(sizeof count);
    const std::uint64_t size = sizes.at(*key);
    if (count > rest.size() / size) reader.damaged("the file is cut off");
    storages[*key] = rest.substr(0, count * size);
    rest.remove_prefix(count * size);
  }
  const Storages find = [&](const PickleStorage& storage) {
    const auto found = storages.find(storage.key);
    if (found == storages.end() || sizes.at(storage.key) != type_of(storage).size)
      fail(ErrorCode::kBadData, "{}: storage {} is not there", path, printable(storage.key));
    return found->second;
  };
  return read_tensors(object, find, bytes.size(), path);
}

bool is_torch_archive(const ZipArchive& archive) { return !folder_of(archive).empty(); }

WeightTensors read_torch_archive(const ZipArchive& archive) {
  const std::string& path = archive.path();
  const std::string folder = folder_of(archive);
  if (archive.has(folder + "/byteorder") && content(archive, folder + "/byteorder") != "little")
    fail(ErrorCode::kBadData, "{}: was written on a machine whose numbers begin with the big end", path);
  const std::string pickle = content(archive, folder + "/data.pkl");
  PickleReader reader(pickle, path + ": data.pkl");
  const PickleRef object = reader.next();
  std::string key, bytes;  // of the storage read last: most tensors have one of their own
  const Storages find = [&](const PickleStorage& storage) {
    if (bytes.empty() || key != storage.key) {
      key = storage.key;
      const std::string name = fmt::format("{}/data/{}", folder, key);
      if (!archive.has(name)) fail(ErrorCode::kBadData, "{}: has no {}", path, printable(name));
      bytes = content(archive, name);
    }
    return std::string_view(bytes);
  };
  return read_tensors(object, find, kMostNumbers, path);
}

}  // namespace akin::nets
