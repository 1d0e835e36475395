#include "akin/nn/keras/h5.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "akin/base/checked_math.h"
#include "akin/base/error.h"
#include "akin/base/io.h"

namespace akin::nn::h5 {
namespace {

constexpr std::size_t kLongestName = 1 << 16;
constexpr std::uint64_t kMostTimes = 1032;  // that deflate can make of a byte

Handle checked(hid_t id, herr_t (*close)(hid_t), ErrorCode code, const std::string& what) {
  if (id < 0) fail(code, "HDF5: {}", what);
  return {id, close};
}

void check(herr_t status, ErrorCode code, const std::string& what) {
  if (status < 0) fail(code, "HDF5: {}", what);
}

Handle text_type(std::size_t size) {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  check(H5Tset_size(type.get(), size), ErrorCode::kInternal, "no text type");
  check(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), ErrorCode::kInternal, "no text type");
  return type;
}

/// Sizes of a data set or attribute.
Shape extent(const Handle& space, const std::string& name) {
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 0) fail(ErrorCode::kBadData, "HDF5: {} has no shape", name);
  std::vector<hsize_t> sizes(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space.get(), sizes.data(), nullptr);
  if (!checked_product(std::vector<std::size_t>(sizes.begin(), sizes.end())))
    fail(ErrorCode::kBadData, "HDF5: {} is too large", name);
  return {sizes.begin(), sizes.end()};
}

std::size_t values_of(const Shape& shape) {
  return *checked_product(std::vector<std::size_t>(shape.begin(), shape.end()));
}

/// How many bytes a data set's storage can become at most. Throws where it is in another file.
std::uint64_t most_bytes(const Handle& data, const std::string& name, std::uint64_t stored) {
  const Handle plan(H5Dget_create_plist(data.get()), H5Pclose);
  if (H5Pget_external_count(plan.get()) != 0 || H5Pget_layout(plan.get()) == H5D_VIRTUAL)
    fail(ErrorCode::kBadData, "HDF5: the values of data set {} are in another file", name);
  const bool filtered = H5Pget_nfilters(plan.get()) > 0;
  return checked_product({stored, filtered ? kMostTimes : 1}).value_or(0);
}

/// Bytes of a data set's values, and of the pieces in which they are stored.
std::uint64_t claimed_bytes(const Handle& data, const std::string& name, const Shape& shape) {
  const Handle type(H5Dget_type(data.get()), H5Tclose);
  const H5T_class_t kind = H5Tget_class(type.get());
  if (kind != H5T_FLOAT && kind != H5T_INTEGER)
    fail(ErrorCode::kBadData, "HDF5: data set {} holds no numbers", name);
  const std::size_t element = H5Tget_size(type.get());
  const auto bytes = checked_product({values_of(shape), element});
  const Handle plan(H5Dget_create_plist(data.get()), H5Pclose);
  std::optional<std::size_t> piece = 0;
  if (H5Pget_layout(plan.get()) == H5D_CHUNKED) {
    std::vector<hsize_t> sizes(shape.size());
    H5Pget_chunk(plan.get(), static_cast<int>(sizes.size()), sizes.data());
    std::vector<std::size_t> factors(sizes.begin(), sizes.end());
    factors.push_back(element);
    piece = checked_product(factors);
  }
  if (!bytes || !piece) fail(ErrorCode::kBadData, "HDF5: data set {} is too large", name);
  return std::max(*bytes, *piece);
}

std::vector<std::string> read_variable(const Handle& attribute, const Handle& type, const Handle& space,
                                       std::size_t count) {
  std::vector<char*> pointers(count, nullptr);
  check(H5Aread(attribute.get(), type.get(), pointers.data()), ErrorCode::kBadData,
        "a list of names is damaged");
  std::vector<std::string> names;
  for (const char* text : pointers) names.emplace_back(text == nullptr ? "" : text);
  H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, pointers.data());
  return names;
}

}  // namespace

Handle open_file(const std::string& path) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5Lunregister(H5L_TYPE_EXTERNAL);                                        // a file does not lead to others
  if (H5Fis_hdf5(path.c_str()) <= 0) static_cast<void>(open_input(path));  // which says what else it is
  return checked(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, ErrorCode::kBadData,
                 path + ": not an HDF5 file, or damaged");
}

Handle open_image(std::string& bytes, const std::string& name) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5Lunregister(H5L_TYPE_EXTERNAL);
  const Handle access = checked(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, ErrorCode::kInternal, "no access list");
  check(H5Pset_fapl_core(access.get(), 1 << 20, 0), ErrorCode::kInternal, "no files in memory");
  check(H5Pset_file_image(access.get(), bytes.data(), bytes.size()), ErrorCode::kBadData,
        name + ": is empty");
  const std::string inside = name + "/image";  // HDF5 refuses the name of a file that is there
  return checked(H5Fopen(inside.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose, ErrorCode::kBadData,
                 name + ": not an HDF5 file, or damaged");
}

Handle create_in_memory() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  constexpr std::size_t kGrowth = std::size_t{1} << 20;
  const Handle access = checked(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, ErrorCode::kInternal, "no access list");
  check(H5Pset_fapl_core(access.get(), kGrowth, 0), ErrorCode::kInternal, "no files in memory");
  return checked(H5Fcreate("weights", H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose,
                 ErrorCode::kInternal, "cannot make a file in memory");
}

std::string content_of(const Handle& file) {
  check(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), ErrorCode::kInternal, "cannot finish the file in memory");
  const ssize_t size = H5Fget_file_image(file.get(), nullptr, 0);
  if (size < 0) fail(ErrorCode::kInternal, "HDF5: cannot measure the file in memory");
  std::string content(static_cast<std::size_t>(size), '\0');
  if (H5Fget_file_image(file.get(), content.data(), content.size()) != size)
    fail(ErrorCode::kInternal, "HDF5: cannot copy the file in memory");
  return content;
}

std::uint64_t file_size(const Handle& object) {
  const Handle file(H5Iget_file_id(object.get()), H5Fclose);
  hsize_t size = 0;
  check(H5Fget_filesize(file.get(), &size), ErrorCode::kBadData, "the file has no size");
  return size;
}

std::vector<std::string> children(const Handle& group) {
  H5G_info_t info;
  check(H5Gget_info(group.get(), &info), ErrorCode::kBadData, "a group is damaged");
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    char name[1024];
    const ssize_t size =
        H5Lget_name_by_idx(group.get(), ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
    if (size < 0 || static_cast<std::size_t>(size) >= sizeof name)
      fail(ErrorCode::kBadData, "HDF5: a name in a group is damaged or too long");
    names.emplace_back(name);
  }
  return names;
}

Handle open_group(const Handle& parent, const std::string& name) {
  if (H5Lexists(parent.get(), name.c_str(), H5P_DEFAULT) <= 0) return {-1, H5Gclose};
  return {H5Gopen2(parent.get(), name.c_str(), H5P_DEFAULT), H5Gclose};
}

Handle create_group(const Handle& parent, const std::string& name) {
  return checked(H5Gcreate2(parent.get(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose,
                 ErrorCode::kIo, "cannot make group " + name);
}

bool has_attribute(const Handle& object, const std::string& name) {
  return H5Aexists(object.get(), name.c_str()) > 0;
}

std::vector<std::string> read_names(const Handle& object, const std::string& name) {
  const Handle attribute = checked(H5Aopen(object.get(), name.c_str(), H5P_DEFAULT), H5Aclose,
                                   ErrorCode::kBadData, "there is no attribute " + name);
  const Handle space(H5Aget_space(attribute.get()), H5Sclose);
  const Handle type(H5Aget_type(attribute.get()), H5Tclose);
  const std::size_t count = values_of(extent(space, name));
  if (count == 0) return {};
  const auto claimed = checked_product({count, H5Tget_size(type.get())});
  if (!claimed || *claimed > file_size(object))
    fail(ErrorCode::kBadData, "HDF5: attribute {} is larger than the file", name);
  if (H5Tget_class(type.get()) != H5T_STRING) return {};  // h5py writes an empty list as numbers
  if (H5Tis_variable_str(type.get()) > 0) return read_variable(attribute, type, space, count);
  const std::size_t width = H5Tget_size(type.get());
  if (width == 0 || width > kLongestName || count > kLongestName)
    fail(ErrorCode::kBadData, "HDF5: attribute {} is too large", name);
  std::string bytes(width * count, '\0');
  check(H5Aread(attribute.get(), type.get(), bytes.data()), ErrorCode::kBadData,
        "attribute " + name + " is damaged");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    const char* text = bytes.data() + i * width;
    names.emplace_back(text, ::strnlen(text, width));
  }
  return names;
}

void write_names(const Handle& object, const std::string& name, const std::vector<std::string>& names) {
  std::size_t width = 1;
  for (const std::string& text : names) width = std::max(width, text.size());
  std::string bytes(width * names.size(), '\0');
  for (std::size_t i = 0; i < names.size(); ++i) names[i].copy(bytes.data() + i * width, width);
  const hsize_t count = names.size();
  const Handle type = text_type(width);
  const Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  const Handle attribute =
      checked(H5Acreate2(object.get(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
              H5Aclose, ErrorCode::kIo, "cannot write attribute " + name);
  if (count > 0)
    check(H5Awrite(attribute.get(), type.get(), bytes.data()), ErrorCode::kIo,
          "cannot write attribute " + name);
}

void write_text(const Handle& object, const std::string& name, const std::string& text) {
  const Handle type = text_type(text.size());
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle attribute =
      checked(H5Acreate2(object.get(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
              H5Aclose, ErrorCode::kIo, "cannot write attribute " + name);
  check(H5Awrite(attribute.get(), type.get(), text.data()), ErrorCode::kIo, "cannot write attribute " + name);
}

FloatData read_floats(const Handle& group, const std::string& name, std::uint64_t& unclaimed) {
  const Handle data = checked(H5Dopen2(group.get(), name.c_str(), H5P_DEFAULT), H5Dclose, ErrorCode::kBadData,
                              "there is no data set " + name);
  const Handle space(H5Dget_space(data.get()), H5Sclose);
  FloatData result;
  result.shape = extent(space, name);
  const std::uint64_t stored = H5Dget_storage_size(data.get());
  if (claimed_bytes(data, name, result.shape) > most_bytes(data, name, stored))
    fail(ErrorCode::kBadData, "HDF5: data set {} promises more than the {} bytes that it holds", name,
         stored);
  if (stored > unclaimed)
    fail(ErrorCode::kBadData, "HDF5: data set {} and those before it hold more than the file", name);
  unclaimed -= stored;
  result.values.resize(values_of(result.shape));
  if (!result.values.empty())
    check(H5Dread(data.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, result.values.data()),
          ErrorCode::kBadData, "data set " + name + " is damaged");
  const auto bad = std::ranges::find_if(result.values, [](float value) { return !std::isfinite(value); });
  if (bad != result.values.end()) {
    const std::size_t rows = result.shape.empty() ? 1 : static_cast<std::size_t>(result.shape[0]);
    const auto at = static_cast<std::size_t>(bad - result.values.begin());
    fail(ErrorCode::kBadData, "HDF5: data set {}: row {} holds NaN or an infinite number", name,
         at / (result.values.size() / rows) + 1);
  }
  return result;
}

void write_floats(const Handle& group, const std::string& name, const Shape& shape,
                  const std::vector<float>& values) {
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  const Handle space(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), H5Sclose);
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links.get(), 1);
  const Handle data = checked(H5Dcreate2(group.get(), name.c_str(), H5T_IEEE_F32LE, space.get(), links.get(),
                                         H5P_DEFAULT, H5P_DEFAULT),
                              H5Dclose, ErrorCode::kIo, "cannot make data set " + name);
  check(H5Dwrite(data.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), ErrorCode::kIo,
        "cannot write data set " + name);
}

}  // namespace akin::nn::h5
