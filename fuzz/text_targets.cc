// Short texts: flags, filters, numbers, times, configuration files, trial logs, questions.
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/param.h"
#include "akin/base/text.h"
#include "akin/catalog/registry.h"
#include "akin/cli/config_file.h"
#include "akin/data/attribute_type.h"
#include "akin/data/filters.h"
#include "akin/data/id_list.h"
#include "akin/data/item_content.h"
#include "akin/data/readers/item_pattern.h"
#include "akin/data/readers/number_parse.h"
#include "akin/data/readers/python_literal.h"
#include "akin/data/split.h"
#include "akin/data/time_guess.h"
#include "akin/data/time_parse.h"
#include "akin/encode/attribute_encoder.h"
#include "akin/encode/text_models.h"
#include "akin/experiment/tune/trial_log.h"
#include "akin/nets/image/import.h"
#include "akin/report/request_lines.h"
#include "akin/serve/analogies.h"
#include "akin/serve/service.h"
#include "akin/store/bundle_for_test.h"
#include "akin/text/bert/byte_pair_files.h"
#include "akin/text/bert/import.h"
#include "akin/text/bert/word_piece_files.h"
#include "akin/text/labelled_texts.h"
#include "harness.h"
#include "targets.h"

namespace akin::fuzz {
namespace {

/// The lines of a text, at most so many that a run stays short.
std::vector<std::string> lines_of(std::string_view text) {
  constexpr std::size_t kMost = 64;
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) {
    if (lines.size() < kMost) lines.emplace_back(line);
  }
  return lines;
}

}  // namespace

/// Files of the folder of a pretrained model, of texts or of pictures.
void bert_model(std::string_view input) {
  for (const char* name :
       {"config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "merges.txt",
        "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json",
        "preprocessor_config.json", "README.md", "model.safetensors"})
    std::filesystem::remove(path_of(name));
  parse_files(input);
  constexpr std::string_view kText = "Steel kettle, cr\xC3\xA8me \xE6\x97\xA5 [SEP]";
  const auto check_ids = [&](const auto& tokenizer) {
    for (const std::uint32_t id : tokenizer.encode(kText, 9)) {
      if (id >= tokenizer.vocabulary().size()) broken("an id beyond the vocabulary");
    }
  };
  attempt([&] { check_ids(bert::read_word_piece(folder())); });
  attempt([&] { check_ids(bert::read_byte_pairs(folder())); });
  attempt([&] {
    if (!nets::is_image_net(folder())) return;
    const nets::ImageNet net = nets::import_image_net(folder());
    if (net.input_size() > 64) return;
    const std::vector<Picture> pictures(1, Picture(5, 7));
    net.features(pictures, net.find_layer(""), nets::Pooling::kAverage, context());
  });
  const std::vector<std::string> texts = {std::string(kText), ""};
  bert::import_model(folder()).encode(texts, context());
}

void config(std::string_view input) {
  attempt([&] { cli::read_config_file(put("flags.toml", input)); });
}

void filters(std::string_view input) {
  for (const std::string& line : lines_of(input)) {
    attempt([&] { parse_filters({line}); });
    attempt([&] { parse_kind_weight(line, "--kind-weight"); });
    attempt([&] { parse_repeats(line, "--repeats"); });
    attempt([&] { parse_moment(line, "--since"); });
    attempt([&] {
      if (!(parse_split(to_string(parse_split(line, 1)), 1) == parse_split(line, 1)))
        broken("a split is another one when its text is read back");
    });
    attempt([&] { parse_protocol(line, 1); });
    attempt([&] { find_model(line); });
  }
  shell_word(input);
  split_lists(lines_of(input));
}

/// First line the pattern, the others ids.
void item_pattern(std::string_view input) {
  const std::vector<std::string> lines = lines_of(input);
  if (lines.empty()) return;
  ItemPattern pattern(lines[0]);
  for (const std::string& id : lines) pattern.matches(id);
}

/// Labelled texts, in the ways that the first byte chooses, and a model of them.
void labelled_texts(std::string_view input) {
  if (input.empty()) return;
  const int way = input[0] - '0';
  LabelledTextFormat format{.numbers = (way & 1) != 0};
  if ((way & 2) != 0) format.text_column = "2";
  if ((way & 2) != 0) format.label_column = "a.b";
  if ((way & 4) != 0) format.labels = false;
  const std::string path = put("texts", input.substr(1));
  attempt([&] {
    const LabelledTexts texts = read_labelled_texts(path, format, context()).texts;
    const auto model = find_text_model("text-linear").fit({texts}, {{"stem", "english"}}, context());
    const std::string_view text = texts.texts[0];
    if (!all_finite(model->predict({&text, 1}, context()))) broken("a prediction that is not finite");
    static_cast<void>(model->explain(text, 0));
  });
}

/// Values of delimited text, and lines name=value as parameters of a model, which their length chooses.
void numbers(std::string_view input) {
  DecimalGuess decimals;
  for (const std::string& line : lines_of(input)) {
    const ParsedValue parsed = parse_value(line);
    if (parsed.problem == nullptr && !std::isfinite(parsed.value)) broken("a value that is not finite");
    for (const char decimal : {'.', ','}) {
      const ParsedValue other = ValueParser(decimal)(line);
      if (other.problem == nullptr && !std::isfinite(other.value)) broken("a value that is not finite");
    }
    decimals.add(line);
    static_cast<void>(decimals.doubt(decimals.decimal(line.empty()) == ','));
    const std::size_t at = line.find('=');
    if (at == std::string::npos) continue;
    const ModelEntry& entry = models()[line.size() % models().size()];
    attempt([&] { entry.complete({{line.substr(0, at), line.substr(at + 1)}}); });
  }
}

void python_literal(std::string_view input) {
  const auto text = python_literal_to_json(input);
  if (text) static_cast<void>(nlohmann::json::accept(*text));
}

/// The content of new items, read with attributes of each type.
void new_items(std::string_view input) {
  AttributeTable types;
  for (const char* const type : {"text", "category", "number", "date", "list:;", "picture"}) {
    const std::string name = std::string(type).substr(0, 4);
    types.column(name);
    types.set_type(name, parse_attribute_type(type));
  }
  const NewItems items = parse_new_items(input, types, "items");
  AttributeEncoder::Config config;
  config.hash_bits = 4;
  const std::vector<idx_t> all = {0};
  attempt([&] {
    const auto encoder = AttributeEncoder::fit({items.content, all}, config, context());
    if (!all_finite(encoder->encode(items.content, context()))) broken("a vector that is not finite");
  });
}

void questions(std::string_view input) {
  IdMap ids;
  Matrix matrix(5, 2);
  for (const char* word : {"paris", "france", "rome", "italy", "tea"}) {
    matrix.row(ids.size())[ids.size() % 2] = 1;
    ids.add(word);
  }
  const VectorSpace space(ids, std::move(matrix));
  answer_analogies(space, put("questions.txt", input), context());
}

/// Requests for recommendations, a line each.
void requests(std::string_view input) {
  static const Service kService = [] {
    DatasetBuilder builder;
    for (int event = 0; event < 12; ++event)
      builder.add_event("u" + std::to_string(event % 3), "i" + std::to_string(event % 5), 1, event);
    for (int item = 0; item < 5; ++item) {
      const std::string id = "i" + std::to_string(item);
      builder.set_item_attribute(id, "price", std::to_string(10 * item));
      builder.set_item_attribute(id, "brand", item % 2 == 0 ? "Acme" : "Bolt, Inc.");
      builder.set_item_attribute(id, "tags", item % 2 == 0 ? "a|b" : "c");
      builder.set_item_attribute(id, "day", "2020-02-0" + std::to_string(item + 1));
    }
    ImportReport report;
    Dataset data = builder.build("events", {}, report, context());
    return Service(train_bundle(std::move(data), {.holdout = Holdout::kLast}, "popularity"));
  }();
  for (const std::string& line : lines_of(input)) {
    const nlohmann::json answer = nlohmann::json::parse(answer_request(kService, line, {}));
    if (!answer.contains("items") && !answer.contains("error")) broken("a request without an answer");
    ids_in_list(line, kService.bundle().dataset.items);
    attempt([&] { parse_group_limits({line}); });
  }
}

/// First line the format, the others times.
void times(std::string_view input) {
  const std::vector<std::string> lines = lines_of(input);
  if (lines.empty()) return;
  const TimeParser automatic, iso("iso"), seconds("seconds"), milliseconds("milliseconds");
  std::optional<TimeParser> given;
  TimeGuess guess;
  attempt([&] { given.emplace(lines[0]); });
  for (const std::string& line : lines) {
    for (const TimeParser* parser : {&automatic, &iso, &seconds, &milliseconds}) (*parser)(line);
    if (given) (*given)(line);
    guess.add(line);
  }
  static_cast<void>(guess.format() ? guess.doubt() : guess.question());
}

void trial_log(std::string_view input) {
  const std::string path = put("trials", input);
  // What is searched stands in the first line: taken from there, so that the lines below it are read.
  const std::string first(input.substr(0, input.find('\n')));
  TrialLog::Identity identity = {{"model", "als"}};
  const nlohmann::json header = nlohmann::json::parse(first, nullptr, /*allow_exceptions=*/false);
  if (header.is_object() && header.contains("search") && header["search"].is_object()) {
    for (const auto& [name, value] : header["search"].items())
      if (value.is_string()) identity[name] = value.get<std::string>();
  }
  const TrialLog log(path, identity);
  for (int number = 0; number < 4; ++number) log.find(number, number);
}

}  // namespace akin::fuzz
