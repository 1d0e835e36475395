// Reads the folder of a vision transformer that transformers saved.
#pragma once

#include <string>

#include "akin/nets/image/image_net.h"
#include "akin/nets/image/import.h"

namespace akin::nets {

/// Whether the folder may hold a vision transformer: preprocessor_config.json is there.
bool is_vit_folder(const std::string& path);

/// Reads config.json, model.safetensors (float32, float16 or bfloat16) and preprocessor_config.json of CLIP (the whole model or
/// its vision tower), SigLIP and DINOv2; of text towers and classifiers nothing is taken. Positions are interpolated where
/// the picture has another size than the net was trained for. Throws Error(kNotFound) for missing files; Error(kBadData)
/// for damaged ones, and naming what akin does not compute, or the tensor that is missing, left over or of another shape;
/// Error(kUsage) for a size that is no multiple of the patch.
ImageNet import_vit(const std::string& folder, const ImageImportOptions& options = {});

}  // namespace akin::nets
