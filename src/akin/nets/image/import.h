// Reads the nets of pictures that other libraries wrote.
#pragma once

#include <string>

#include "akin/nets/image/image_net.h"

namespace akin::nets {

struct ImageImportOptions {
  std::string architecture = {};  ///< "" = the one that the tensors are of, where only one can be
  std::string origin = {};   ///< "" = what is known of the file: the library whose names its tensors have
  std::string license = {};  ///< SPDX; "" = NOASSERTION
  /// Of a vision transformer: the side of the pictures it sees, in pixels; 0 = as its files say.
  int size = 0;
};

/// Whether `path` may hold such a net: a file of weights by its name (.pt, .pth, .npz, .h5, .hdf5, .keras, .safetensors), or
/// the folder of a vision transformer (vit_import.h).
bool is_image_net(const std::string& path);

/// Reads the folder of a vision transformer (vit_import.h), or a file of weights (weights.h) of one of the
/// architectures (architectures.h), with or without its head. Throws Error(kNotFound), Error(kIo); Error(kUsage)
/// for an unknown architecture; Error(kBadData) for a damaged file, and naming the tensors where they fit no
/// architecture, or not the one named: missing, of another shape, left over.
ImageNet import_image_net(const std::string& path, const ImageImportOptions& options = {});

/// Saves as a safetensors file of kind "encoder", in which the net stands under the name "encoder". Throws Error(kIo).
void save_image_net(const ImageNet& net, const std::string& path);
/// Reads it back; also the net of a file of kind "image" that holds an image-cnn. Throws Error(kBadData) for other files.
ImageNet load_image_net(const std::string& path, NetPrecision precision = NetPrecision::kFloat32);

}  // namespace akin::nets
