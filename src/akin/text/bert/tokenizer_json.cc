#include "akin/text/bert/tokenizer_json.h"

#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/json_text.h"

namespace akin::bert {

using nlohmann::json;

json read_object(const std::string& path) {
  json object = parse_json(read_text(path, kLargestTokenizer), path);
  if (!object.is_object()) fail(ErrorCode::kBadData, "{}: is not a JSON object", path);
  return object;
}

bool flag_or(const json& object, const char* name, bool otherwise) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

std::string kind_of(const json& object, const char* name) {
  const auto part = object.find(name);
  if (part == object.end() || !part->is_object()) return "none";
  const auto kind = part->find("type");
  return kind != part->end() && kind->is_string() ? kind->get<std::string>() : "unknown";
}

void take_token(const json& config, const char* name, std::string& token) {
  const auto found = config.find(name);
  if (found == config.end()) return;
  const json& value = found->is_object() && found->contains("content") ? found->at("content") : *found;
  if (value.is_string()) token = value.get<std::string>();
}

std::vector<std::string> read_vocabulary(const json& tokens, std::size_t more, const std::string& where) {
  const JsonFields ids(tokens, where);
  const std::size_t count = tokens.size() + more;
  std::vector<std::string> vocabulary;
  for (const auto& [token, value] : tokens.items()) {
    const auto id = static_cast<std::size_t>(ids.whole(token, 0, static_cast<std::int64_t>(count) - 1));
    if (id >= vocabulary.size()) vocabulary.resize(id + 1);
    if (!vocabulary[id].empty()) {
      fail(ErrorCode::kBadData, "{}: the tokens '{}' and '{}' have the id {}", where, vocabulary[id], token,
           id);
    }
    vocabulary[id] = token;
  }
  return vocabulary;
}

}  // namespace akin::bert
