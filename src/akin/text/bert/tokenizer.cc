#include "akin/text/bert/tokenizer.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/json_text.h"
#include "akin/base/safetensors.h"
#include "akin/data/string_column.h"

namespace akin::bert {
namespace {

using nlohmann::json;

json options_json(const WordPieceOptions& words) {
  return {{"lower_case", words.lower_case},
          {"strip_accents", words.strip_accents},
          {"split_ideographs", words.split_ideographs},
          {"most_letters", words.most_letters},
          {"unknown", words.unknown},
          {"first", words.first},
          {"last", words.last},
          {"special", words.special}};
}

json options_json(const BytePairOptions& pairs) {
  json special = json::array();
  for (const BytePairOptions::Special& one : pairs.special) {
    special.push_back(
        {{"token", one.token}, {"strip_left", one.strip_left}, {"strip_right", one.strip_right}});
  }
  return {{"kind", "byte-pairs"},
          {"first", pairs.first},
          {"last", pairs.last},
          {"add_blank", pairs.add_blank},
          {"special", special}};
}

WordPieceOptions word_piece_options(const JsonFields& fields) {
  WordPieceOptions options;
  options.lower_case = fields.flag("lower_case");
  options.strip_accents = fields.flag("strip_accents");
  options.split_ideographs = fields.flag("split_ideographs");
  options.most_letters = static_cast<std::size_t>(fields.whole("most_letters", 1, 1 << 20));
  options.unknown = fields.text("unknown");
  options.first = fields.text("first");
  options.last = fields.text("last");
  options.special = fields.texts("special");
  return options;
}

BytePairOptions byte_pair_options(const JsonFields& fields) {
  BytePairOptions options;
  options.first = fields.text("first");
  options.last = fields.text("last");
  options.add_blank = fields.flag("add_blank");
  for (const json& special : fields.field("special")) {
    const JsonFields one(special, fields.where());
    options.special.push_back({one.text("token"), one.flag("strip_left"), one.flag("strip_right")});
  }
  return options;
}

std::vector<BytePairs::Merge> read_merges(const TensorReader& reader, const std::string& name,
                                          std::size_t tokens) {
  const std::size_t count = reader.shape(name).empty() ? 0 : reader.shape(name)[0];
  const std::vector<std::uint32_t> ids = reader.indices(name, count, tokens);
  if (count % 2 != 0) reader.inconsistent(fmt::format("its {} are not pairs", name));
  std::vector<BytePairs::Merge> merges;
  for (std::size_t m = 0; m < count; m += 2) merges.push_back({ids[m], ids[m + 1]});
  return merges;
}

}  // namespace

const std::vector<std::string>& vocabulary_of(const Tokenizer& tokenizer) {
  return std::visit([](const auto& one) -> const std::vector<std::string>& { return one.vocabulary(); },
                    tokenizer);
}

std::vector<std::uint32_t> token_ids(const Tokenizer& tokenizer, std::string_view text, std::size_t most) {
  return std::visit([&](const auto& one) { return one.encode(text, most); }, tokenizer);
}

void save_tokenizer(TensorWriter& writer, const std::string& prefix, const Tokenizer& tokenizer) {
  const json options = std::visit([](const auto& one) { return options_json(one.options()); }, tokenizer);
  writer.meta(prefix + ".tokenizer", options.dump());
  StringColumn vocabulary;
  for (const std::string& token : vocabulary_of(tokenizer)) vocabulary.push_back(token);
  writer.meta(prefix + ".vocabulary.count", std::to_string(vocabulary.size()));
  write_strings(writer, prefix + ".vocabulary", vocabulary);
  if (const auto* const pairs = std::get_if<BytePairs>(&tokenizer)) {
    std::vector<std::uint32_t> ids;
    for (const BytePairs::Merge& merge : pairs->merges()) ids.insert(ids.end(), merge.begin(), merge.end());
    writer.tensor(prefix + ".merges", std::move(ids));
  }
}

Tokenizer load_tokenizer(const TensorReader& reader, const std::string& prefix, std::size_t most) {
  const json object =
      parse_json(reader.meta(prefix + ".tokenizer"), reader.path() + ": metadata " + prefix + ".tokenizer");
  const JsonFields fields(object, reader.path());
  const auto count = static_cast<std::size_t>(
      reader.meta_int(prefix + ".vocabulary.count", 1, static_cast<std::int64_t>(most)));
  const StringColumn column = read_strings(reader, prefix + ".vocabulary", count);
  std::vector<std::string> vocabulary;
  for (std::size_t t = 0; t < count; ++t) vocabulary.emplace_back(column[t]);
  if (!fields.has("kind")) return WordPiece(std::move(vocabulary), word_piece_options(fields), reader.path());
  if (fields.text("kind") != "byte-pairs")
    reader.inconsistent(fmt::format("its tokenizer is of kind {}", fields.text("kind")));
  return BytePairs(std::move(vocabulary), read_merges(reader, prefix + ".merges", count),
                   byte_pair_options(fields), reader.path());
}

}  // namespace akin::bert
