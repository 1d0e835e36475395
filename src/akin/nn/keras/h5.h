// The part of HDF5 that weights need: groups, float data sets, lists of names as attributes.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "akin/nn/layer.h"

namespace akin::nn::h5 {

/// An open HDF5 object, closed at the end of its scope.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&&) = delete;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  hid_t get() const { return id_; }
  bool valid() const { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// Throw Error(kNotFound), Error(kBadData), Error(kIo); no HDF5 call prints.
Handle open_file(const std::string& path);
/// The same of a file's bytes, which must outlive it; `name` is for messages.
Handle open_image(std::string& bytes, const std::string& name);
/// A file that is not on the disk, for content_of(): AtomicFile writes to the disk.
Handle create_in_memory();
std::string content_of(const Handle& file);
/// Of the file that the object is in.
std::uint64_t file_size(const Handle& object);

/// What a group holds, by name.
std::vector<std::string> children(const Handle& group);
/// An invalid handle if it is not there.
Handle open_group(const Handle& parent, const std::string& name);
Handle create_group(const Handle& parent, const std::string& name);

bool has_attribute(const Handle& object, const std::string& name);
/// A list of texts, of fixed or variable length.
std::vector<std::string> read_names(const Handle& object, const std::string& name);
void write_names(const Handle& object, const std::string& name, const std::vector<std::string>& names);
void write_text(const Handle& object, const std::string& name, const std::string& text);

struct FloatData {
  Shape shape;
  std::vector<float> values;
};
/// `unclaimed`: bytes of the file that no data set has claimed yet, from file_size() on. Throws
/// Error(kBadData) where a data set claims more than that, promises more than what it stores can become, has
/// its values in another file, or holds a number that is not finite.
FloatData read_floats(const Handle& group, const std::string& name, std::uint64_t& unclaimed);
void write_floats(const Handle& group, const std::string& name, const Shape& shape,
                  const std::vector<float>& values);

}  // namespace akin::nn::h5
