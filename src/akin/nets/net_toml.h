// A net's file: its layers, how it learns, what from.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "akin/nets/fit.h"
#include "akin/nets/net_data.h"
#include "akin/nn/net.h"

namespace akin::nets {

struct NetPlan {
  nn::NetSpec spec;
  nn::CompileOptions compile;
  FitOptions fit;  ///< epochs, batch, validation_split, shuffle, patience, min_delta, monitor
  bool has_data = false;
  NetDataSettings data;
};

/// Reads a TOML file of a net (docs/nets.md). `rows` and `units` of a layer may say "users", "items" or
/// "words", with +1 behind it; they are taken from `sizes`. Throws Error(kUsage) with file and line.
NetPlan read_net_toml(const std::string& path, const std::map<std::string, std::int64_t>& sizes);

/// The kind of data that the file's table [data] names, before its layers are read; csv if there is none.
DataKind net_toml_data_kind(const std::string& path);

}  // namespace akin::nets
