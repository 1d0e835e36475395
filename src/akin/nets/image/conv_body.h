// Convolutional nets as nets of pictures.
#pragma once

#include <memory>
#include <string>

#include "akin/base/json_text.h"
#include "akin/nets/image/image_body.h"
#include "akin/nets/image/image_net_parts.h"

namespace akin::nets {

/// Throws Error(kUsage) for an unknown architecture.
std::shared_ptr<const ImageBody> make_conv_body(ImageNetParts parts);
/// What the body was made of, weights copied, without preprocessing and manifest; and its operations. Throw Error(kUsage)
/// unless it is a convolutional net.
ImageNetParts conv_parts(const ImageBody& body);
const ConvPlan& conv_plan(const ImageBody& body);
/// Reads what save() stored; `network` is the metadata PREFIX.network. Throws Error(kBadData).
std::shared_ptr<const ImageBody> load_conv_body(const TensorReader& reader, const std::string& prefix,
                                                const JsonFields& network, NetPrecision precision);

}  // namespace akin::nets
