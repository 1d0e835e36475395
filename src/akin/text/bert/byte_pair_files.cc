#include "akin/text/bert/byte_pair_files.h"

#include <array>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "akin/base/error.h"
#include "akin/base/files.h"
#include "akin/base/io.h"
#include "akin/base/json_text.h"
#include "akin/text/bert/tokenizer_json.h"

namespace akin::bert {
namespace {

using nlohmann::json;
using Special = BytePairOptions::Special;

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  fail(ErrorCode::kBadData, "{}: {}; akin reads byte-level BPE tokenizers as RoBERTa has them", path, what);
}

/// Adds merges, whose parts must be tokens.
class MergeList {
 public:
  MergeList(const std::vector<std::string>& vocabulary, std::string path) : path_(std::move(path)) {
    for (std::uint32_t id = 0; id < vocabulary.size(); ++id) ids_[vocabulary[id]] = id;
  }
  void add(std::string_view left, std::string_view right) { merges_.push_back({id(left), id(right)}); }
  /// "left right"
  void add(std::string_view line) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) refuse(path_, fmt::format("the merge '{}' has no blank", line));
    add(line.substr(0, blank), line.substr(blank + 1));
  }
  std::vector<BytePairs::Merge> take() { return std::move(merges_); }

 private:
  std::uint32_t id(std::string_view token) const {
    const auto found = ids_.find(token);
    if (found == ids_.end())
      refuse(path_, fmt::format("the vocabulary has no token '{}', which is merged", token));
    return found->second;
  }
  std::string path_;
  std::unordered_map<std::string_view, std::uint32_t> ids_;
  std::vector<BytePairs::Merge> merges_;
};

void expect_flag(const json& part, const char* name, bool expected, const std::string& path) {
  if (flag_or(part, name, expected) != expected)
    refuse(path, fmt::format("{} is {}", name, expected ? "false" : "true"));
}

void read_model(const json& model, const std::string& path) {
  for (const char* name : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    std::string mark;
    take_token(model, name, mark);
    if (!mark.empty()) refuse(path, fmt::format("{} is '{}'", name, mark));
  }
  expect_flag(model, "byte_fallback", false, path);
  expect_flag(model, "ignore_merges", false, path);
  if (model.contains("dropout") && model.at("dropout").is_number() && model.at("dropout").get<double>() != 0)
    refuse(path, "dropout is not zero");
}

/// The name of the token that RobertaProcessing puts at an end: [name, id].
std::string end_token(const json& processor, const char* name, const std::string& path) {
  const auto found = processor.find(name);
  if (found == processor.end() || !found->is_array() || found->empty() || !found->at(0).is_string())
    refuse(path, fmt::format("the post-processor does not name its {}", name));
  return found->at(0).get<std::string>();
}

void read_added(const json& added, const std::string& path, BytePairOptions& options,
                std::vector<std::string>& vocabulary) {
  if (!added.is_array()) refuse(path, "added_tokens is not a list");
  for (const json& token : added) {
    const JsonFields fields(token, path + ": added_tokens");
    const std::string content = fields.text("content");
    expect_flag(token, "single_word", false, path + ": added_tokens: " + content);
    const auto most = static_cast<std::int64_t>(vocabulary.size() + added.size());
    const auto id = static_cast<std::size_t>(fields.whole("id", 0, most));
    if (id >= vocabulary.size()) vocabulary.resize(id + 1);
    vocabulary[id] = content;
    options.special.push_back({content, flag_or(token, "lstrip", false), flag_or(token, "rstrip", false)});
  }
}

BytePairs read_tokenizer(const std::string& path) {
  const json file = read_object(path);
  if (const std::string kind = kind_of(file, "model"); kind != "BPE")
    refuse(path, fmt::format("the tokenizer is of kind {}", kind));
  const std::string normalizer = kind_of(file, "normalizer"), words = kind_of(file, "pre_tokenizer"),
                    ends = kind_of(file, "post_processor");
  if (normalizer != "none") refuse(path, fmt::format("the normalizer is {}", normalizer));
  if (words != "ByteLevel") refuse(path, fmt::format("the pre-tokenizer is {}", words));
  if (ends != "RobertaProcessing") refuse(path, fmt::format("the post-processor is {}", ends));
  expect_flag(file.at("pre_tokenizer"), "use_regex", true, path);
  read_model(file.at("model"), path);
  BytePairOptions options;
  options.add_blank = flag_or(file.at("pre_tokenizer"), "add_prefix_space", false);
  options.first = end_token(file.at("post_processor"), "cls", path);
  options.last = end_token(file.at("post_processor"), "sep", path);
  const JsonFields model(file.at("model"), path + ": model");
  const json added = file.value("added_tokens", json::array());
  std::vector<std::string> vocabulary = read_vocabulary(model.field("vocab"), added.size(), path + ": vocab");
  const json& pairs = model.field("merges");
  if (!pairs.is_array()) refuse(path, "the merges are not a list");
  MergeList merges(vocabulary, path);
  for (const json& pair : pairs) {
    if (pair.is_string()) {
      merges.add(pair.get_ref<const std::string&>());
    } else if (pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string()) {
      merges.add(pair[0].get_ref<const std::string&>(), pair[1].get_ref<const std::string&>());
    } else {
      refuse(path, "a merge is not a pair of texts");
    }
  }
  std::vector<BytePairs::Merge> list = merges.take();
  read_added(added, path, options, vocabulary);
  return {std::move(vocabulary), std::move(list), std::move(options), path};
}

/// What tokenizer_config.json says, if it is there.
BytePairOptions read_config(const std::string& path) {
  BytePairOptions options;
  json config = json::object();
  if (file_exists(path)) config = read_object(path);
  options.add_blank = flag_or(config, "add_prefix_space", false);
  take_token(config, "cls_token", options.first);
  take_token(config, "sep_token", options.last);
  constexpr std::array<std::pair<const char*, const char*>, 7> kTokens = {{{"bos_token", "<s>"},
                                                                           {"eos_token", "</s>"},
                                                                           {"cls_token", "<s>"},
                                                                           {"sep_token", "</s>"},
                                                                           {"unk_token", "<unk>"},
                                                                           {"pad_token", "<pad>"},
                                                                           {"mask_token", "<mask>"}}};
  for (const auto& [name, usual] : kTokens) {
    Special special{usual};
    take_token(config, name, special.token);
    if (const auto found = config.find(name); found != config.end() && found->is_object()) {
      special.strip_left = flag_or(*found, "lstrip", false);
      special.strip_right = flag_or(*found, "rstrip", false);
    }
    options.special.push_back(special);
  }
  return options;
}

}  // namespace

BytePairs read_byte_pairs(const std::string& folder) {
  if (const std::string path = folder + "/tokenizer.json"; file_exists(path)) return read_tokenizer(path);
  const std::string path = folder + "/vocab.json", merges_path = folder + "/merges.txt";
  if (!file_exists(path) || !file_exists(merges_path)) {
    fail(ErrorCode::kNotFound, "{}: holds neither tokenizer.json nor vocab.json and merges.txt", folder);
  }
  std::vector<std::string> vocabulary = read_vocabulary(read_object(path), 0, path);
  MergeList merges(vocabulary, merges_path);
  LineReader lines(merges_path, LineReader::kLongestId);
  while (const auto line = lines.next()) {
    if (!line->starts_with("#version") && !line->empty()) merges.add(*line);
  }
  return {std::move(vocabulary), merges.take(), read_config(folder + "/tokenizer_config.json"), path};
}

}  // namespace akin::bert
