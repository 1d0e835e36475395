// What a net is trained on and asked about: tables of numbers, ratings, documents.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "akin/base/safetensors.h"
#include "akin/data/dataset.h"
#include "akin/nn/net.h"

namespace akin::nets {

enum class DataKind { kCsv, kRatings, kText, kNpy };
/// Throws Error(kUsage) with the nearest names.
DataKind parse_data_kind(const std::string& name);

/// Where a net's inputs and targets come from: the table [data] of a net's file.
struct NetDataSettings {
  DataKind kind = DataKind::kCsv;
  /// Input layer -> columns of a table; of ratings "users" or "items"; of text "words"; of npy a file of the folder.
  std::map<std::string, std::vector<std::string>> inputs;
  /// Columns; of text "first-word", an attribute of the documents, or "words" with `lists`; of npy a file of the folder.
  std::vector<std::string> target;
  bool lists = false;      ///< targets are lists of indices, as the loss takes (nn::takes_lists)
  double test = 0;         ///< share of the samples, drawn by seed, that is never trained on
  std::uint64_t seed = 0;  ///< of that draw
  // How the net was last trained, for continuing in the same way.
  std::int64_t batch_size = 32;
  double validation_split = 0;
  bool shuffle = true;
};

/// A table of numbers with a header line.
struct NumberTable {
  std::string path;
  std::vector<std::string> columns;
  std::vector<std::vector<float>> values;  ///< of each column
  std::int64_t rows() const { return values.empty() ? 0 : static_cast<std::int64_t>(values[0].size()); }
};

/// A file of samples, read.
struct NetSource {
  NumberTable table;
  std::optional<Dataset> dataset;
  std::string folder;  ///< of NumPy's files
  /// "users", "items", "words" and their numbers, for sizes in a net's file.
  std::map<std::string, std::int64_t> sizes() const;
};
/// Throws Error(kBadData) with file and line where a cell is not a number.
NetSource read_source(DataKind kind, const std::string& path);

/// Ids whose number + 1 a net knows as index, by input layer; index 0 stands for unknown and for padding.
using NetIds = std::map<std::string, IdMap>;

struct NetSamples {
  nn::Batch all;                    ///< targets have no values where the source has none
  std::vector<std::int64_t> train;  ///< their numbers
  std::vector<std::int64_t> test;
  std::uint64_t unknown = 0;  ///< indices that became 0 because the net does not know the id
};

enum class Targets { kRequired, kIfPresent };

/// Samples for the net. Where `ids` has none for an input, those of the source are taken and put there.
NetSamples make_samples(const nn::NetSpec& spec, const NetDataSettings& settings, const NetSource& source,
                        NetIds& ids, Targets targets);

/// Settings and ids inside the file of a saved net.
void write_net_data(TensorWriter& writer, const NetDataSettings& settings, const NetIds& ids);
std::pair<NetDataSettings, NetIds> read_net_data(const TensorReader& reader);

}  // namespace akin::nets
