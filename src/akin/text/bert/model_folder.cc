#include "akin/text/bert/model_folder.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/files.h"
#include "akin/base/io.h"
#include "akin/base/json_text.h"
#include "akin/base/text.h"
#include "akin/data/sha256.h"

namespace akin::bert {
namespace {

using nlohmann::json;

/// What a model card says: its heading, and the licence in the lines between the first two "---".
struct Card {
  std::string title, license;
};

Card read_card(ModelFolder& folder) {
  Card card;
  if (!folder.take("README.md")) return card;
  const std::string text = read_text(folder.path("README.md"));
  std::size_t marks = 0;
  for (const std::string_view raw : split(text, '\n')) {
    const std::string_view line = trimmed(raw);
    if (line == "---") ++marks;
    if (marks == 1 && line.starts_with("license:") && card.license.empty())
      card.license = trimmed(line.substr(8));
    if (marks != 1 && line.starts_with("# ") && card.title.empty()) card.title = trimmed(line.substr(2));
  }
  return card;
}

/// The SPDX identifier of a licence as model cards write it.
std::string spdx_of(std::string license) {
  std::erase_if(license, [](char c) { return c == '"' || c == '\''; });
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kKnown = {
      {{"apache-2.0", "Apache-2.0"},
       {"mit", "MIT"},
       {"bsd-3-clause", "BSD-3-Clause"},
       {"bsd-2-clause", "BSD-2-Clause"},
       {"cc0-1.0", "CC0-1.0"},
       {"cc-by-4.0", "CC-BY-4.0"},
       {"cc-by-sa-4.0", "CC-BY-SA-4.0"},
       {"cc-by-nc-4.0", "CC-BY-NC-4.0"},
       {"cc-by-sa-3.0", "CC-BY-SA-3.0"},
       {"cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0"},
       {"gpl-3.0", "GPL-3.0-only"},
       {"agpl-3.0", "AGPL-3.0-only"}}};
  const auto found = std::ranges::find(kKnown, license, [](const auto& known) { return known.first; });
  if (found != kKnown.end()) return std::string(found->second);
  if (license.empty()) return "NOASSERTION";
  for (char& c : license) {
    const bool allowed =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.';
    if (!allowed) c = '-';
  }
  return "LicenseRef-" + license;
}

std::string origin_of(ModelFolder& folder, const std::string& config_name, const Card& card) {
  if (!card.title.empty()) return card.title;
  const json config = folder.object(config_name);
  const auto name = config.find("_name_or_path");
  if (name != config.end() && name->is_string() && !name->get<std::string>().empty())
    return name->get<std::string>();
  return std::filesystem::path(folder.path("")).parent_path().filename().string();
}

}  // namespace

ModelFolder::ModelFolder(std::string path) : path_(std::move(path)) {
  std::error_code problem;
  if (!std::filesystem::is_directory(path_, problem))
    fail(ErrorCode::kNotFound, "{}: is not a folder; name the one that holds config.json", path_);
}

bool ModelFolder::has(const std::string& name) const { return file_exists(path(name)); }

json ModelFolder::object(const std::string& name) {
  if (!take(name)) return nullptr;
  json value = parse_json(read_text(path(name)), path(name));
  if (!value.is_object()) fail(ErrorCode::kBadData, "{}: is not a JSON object", path(name));
  return value;
}

bool ModelFolder::take(const std::string& name) {
  if (!has(name)) return false;
  if (std::ranges::find(taken_, name) == taken_.end()) taken_.push_back(name);
  return true;
}

std::string ModelFolder::take_weights(const std::string& inside) {
  const std::string name = inside + "model.safetensors";
  if (!take(name)) {
    fail(ErrorCode::kNotFound,
         "{}: is not there; akin reads weights as one safetensors file (transformers: save_pretrained())",
         path(name));
  }
  return path(name);
}

std::string ModelFolder::manifest(const std::string& config_name, const std::string& model_type,
                                  const ModelSource& source) {
  const Card card = read_card(*this);
  json object = {{"origin", source.origin.empty() ? origin_of(*this, config_name, card) : source.origin},
                 {"license", source.license.empty() ? spdx_of(card.license) : source.license},
                 {"model_type", model_type}};
  json& files = object["files"] = json::object();
  for (const std::string& name : taken_) files[name] = sha256_of_file(path(name));
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace akin::bert
