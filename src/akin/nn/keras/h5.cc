#include "akin/nn/keras/h5.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "akin/base/error.h"
#include "akin/nn/layer_shape.h"

namespace akin::nn::h5 {
namespace {

constexpr std::size_t kLongestName = 1 << 16;
constexpr std::int64_t kMostValues = std::int64_t{1} << 40;

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
  Shape shape(sizes.begin(), sizes.end());
  if (count_of(shape) > kMostValues || std::ranges::any_of(shape, [](auto size) { return size < 0; }))
    fail(ErrorCode::kBadData, "HDF5: {} is too large", name);
  return shape;
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
  if (!std::filesystem::exists(path)) fail(ErrorCode::kNotFound, "{}: no such file", path);
  return checked(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, ErrorCode::kBadData,
                 path + ": not an HDF5 file, or damaged");
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
  const auto count = static_cast<std::size_t>(count_of(extent(space, name)));
  if (count == 0) return {};
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

FloatData read_floats(const Handle& group, const std::string& name) {
  const Handle data = checked(H5Dopen2(group.get(), name.c_str(), H5P_DEFAULT), H5Dclose, ErrorCode::kBadData,
                              "there is no data set " + name);
  const Handle space(H5Dget_space(data.get()), H5Sclose);
  FloatData result;
  result.shape = extent(space, name);
  result.values.resize(static_cast<std::size_t>(count_of(result.shape)));
  if (!result.values.empty())
    check(H5Dread(data.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, result.values.data()),
          ErrorCode::kBadData, "data set " + name + " is damaged or holds no numbers");
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
