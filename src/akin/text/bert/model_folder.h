// The folder of a model that transformers or a library on it saved.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace akin::bert {

/// What the caller knows of a model; "" = what its files say.
struct ModelSource {
  std::string origin = {};
  std::string license = {};  ///< SPDX
};

/// Reads the files of a folder and keeps their names.
class ModelFolder {
 public:
  /// Throws Error(kNotFound) unless it is a folder.
  explicit ModelFolder(std::string path);
  std::string path(const std::string& name) const { return path_ + "/" + name; }
  bool has(const std::string& name) const;
  /// The object in a JSON file; null if the file is not there. Throws Error(kBadData).
  nlohmann::json object(const std::string& name);
  /// Whether the file is there, which is then named in the manifest.
  bool take(const std::string& name);
  /// Throws Error(kNotFound) if model.safetensors, below the folder `inside` ("" or "NAME/"), is not there; returns its path.
  std::string take_weights(const std::string& inside = "");
  /// A JSON object with `origin`, `license`, `model_type` and `files`, the SHA-256 of each file taken. Origin and licence are
  /// those of `source`, else those of README.md, else the name in the config file or of the folder, and NOASSERTION.
  std::string manifest(const std::string& config_name, const std::string& model_type,
                       const ModelSource& source);

 private:
  std::string path_;
  std::vector<std::string> taken_;
};

}  // namespace akin::bert
