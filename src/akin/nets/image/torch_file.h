// What torch.save() wrote.
#pragma once

#include <string>
#include <string_view>

#include "akin/nets/image/weights.h"

namespace akin {
class ZipArchive;  // base/zip_archive.h
}
namespace akin::nets {

/// Whether the bytes begin like a file of torch's old format: four pickles, then the numbers.
bool is_torch_file(std::string_view head);
/// The tensors of a state dict in such a file, whose content is `bytes`. The dict may lie in another one, as
/// "state_dict" or "model". Nothing in it is executed: the pickle is read by torch_pickle.h. Throws Error(kBadData).
WeightTensors read_torch_file(std::string_view bytes, const std::string& path);

/// Whether the archive is a file of torch's new format: */data.pkl and the numbers in */data/KEY.
bool is_torch_archive(const ZipArchive& archive);
WeightTensors read_torch_archive(const ZipArchive& archive);

}  // namespace akin::nets
