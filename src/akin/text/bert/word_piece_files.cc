#include "akin/text/bert/word_piece_files.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/files.h"
#include "akin/base/io.h"
#include "akin/base/json_text.h"
#include "akin/text/bert/tokenizer_json.h"

namespace akin::bert {
namespace {

using nlohmann::json;

constexpr std::int64_t kMostTokens = 1 << 24;

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  fail(ErrorCode::kBadData, "{}: {}; akin reads WordPiece tokenizers as BERT has them", path, what);
}

/// What tokenizer_config.json says, if it is there.
void read_config(const std::string& path, WordPieceOptions& options) {
  if (!file_exists(path)) return;
  const json config = read_object(path);
  options.lower_case = flag_or(config, "do_lower_case", true);
  options.strip_accents = flag_or(config, "strip_accents", options.lower_case);
  options.split_ideographs = flag_or(config, "tokenize_chinese_chars", true);
  if (!flag_or(config, "do_basic_tokenize", true)) refuse(path, "do_basic_tokenize is false");
  take_token(config, "unk_token", options.unknown);
  take_token(config, "cls_token", options.first);
  take_token(config, "sep_token", options.last);
  options.special.resize(2);
  take_token(config, "pad_token", options.special[0]);
  take_token(config, "mask_token", options.special[1]);
}

void read_normalizer(const json& file, const std::string& path, WordPieceOptions& options) {
  const std::string normalizer = kind_of(file, "normalizer"), words = kind_of(file, "pre_tokenizer");
  if (normalizer != "BertNormalizer") refuse(path, fmt::format("the normalizer is {}", normalizer));
  if (words != "BertPreTokenizer") refuse(path, fmt::format("the pre-tokenizer is {}", words));
  const json& rules = file.at("normalizer");
  if (!flag_or(rules, "clean_text", true)) refuse(path, "clean_text is false");
  options.lower_case = flag_or(rules, "lowercase", true);
  options.strip_accents = flag_or(rules, "strip_accents", options.lower_case);
  options.split_ideographs = flag_or(rules, "handle_chinese_chars", true);
}

void read_added(const json& file, const std::string& path, WordPieceOptions& options,
                std::vector<std::string>& vocabulary) {
  const auto added = file.find("added_tokens");
  if (added == file.end()) return;
  if (!added->is_array()) refuse(path, "added_tokens is not a list");
  for (const json& token : *added) {
    const JsonFields fields(token, path + ": added_tokens");
    for (const char* rule : {"normalized", "single_word", "lstrip", "rstrip"}) {
      if (flag_or(token, rule, false))
        refuse(path, fmt::format("the added token '{}' is {}", fields.text("content"), rule));
    }
    const std::size_t most = vocabulary.size() + added->size();
    const auto id = static_cast<std::size_t>(fields.whole("id", 0, static_cast<std::int64_t>(most)));
    if (id >= vocabulary.size()) vocabulary.resize(id + 1);
    vocabulary[id] = fields.text("content");
    const std::string& name = vocabulary[id];
    const bool known = name == options.unknown || name == options.first || name == options.last ||
                       std::ranges::find(options.special, name) != options.special.end();
    if (!known) options.special.push_back(name);
  }
}

WordPiece read_tokenizer(const std::string& path, WordPieceOptions options) {
  const json file = read_object(path);
  const std::string kind = kind_of(file, "model");
  if (kind != "WordPiece") refuse(path, fmt::format("the tokenizer is of kind {}", kind));
  read_normalizer(file, path, options);
  const JsonFields model(file.at("model"), path + ": model");
  if (model.has("continuing_subword_prefix") && model.text("continuing_subword_prefix") != "##")
    refuse(path, fmt::format("pieces inside words begin with '{}'", model.text("continuing_subword_prefix")));
  if (model.has("unk_token")) options.unknown = model.text("unk_token");
  if (model.has("max_input_chars_per_word"))
    options.most_letters = static_cast<std::size_t>(model.whole("max_input_chars_per_word", 1, 1 << 20));
  const auto added = file.find("added_tokens");
  std::vector<std::string> vocabulary =
      read_vocabulary(model.field("vocab"), added == file.end() ? 0 : added->size(), path + ": vocab");
  read_added(file, path, options, vocabulary);
  return {std::move(vocabulary), std::move(options), path};
}

}  // namespace

WordPiece read_word_piece(const std::string& folder) {
  WordPieceOptions options;
  read_config(folder + "/tokenizer_config.json", options);
  if (const std::string path = folder + "/tokenizer.json"; file_exists(path))
    return read_tokenizer(path, std::move(options));
  const std::string path = folder + "/vocab.txt";
  if (!file_exists(path))
    fail(ErrorCode::kNotFound, "{}: holds neither tokenizer.json nor vocab.txt", folder);
  std::vector<std::string> vocabulary;
  LineReader lines(path, LineReader::kLongestId);
  while (const auto line = lines.next()) {
    if (vocabulary.size() == static_cast<std::size_t>(kMostTokens)) refuse(path, "has too many lines");
    vocabulary.emplace_back(line->substr(0, line->find_last_not_of(" \t\r\n\v\f") + 1));
  }
  return {std::move(vocabulary), std::move(options), path};
}

}  // namespace akin::bert
