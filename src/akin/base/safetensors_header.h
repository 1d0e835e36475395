// The JSON header of safetensors files.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace akin {

/// Where a tensor lies in the data section, and what it claims to be.
struct TensorEntry {
  std::string dtype;
  std::vector<std::size_t> shape;
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;
  std::map<std::string, TensorEntry> tensors;
};

/// Reads the header; returns what is wrong with it, or "". Anything that such a header cannot hold ends the
/// reading where it stands, so memory is a few times the text, however it nests.
std::string parse_safetensors_header(std::string_view text, SafetensorsHeader& header);

}  // namespace akin
