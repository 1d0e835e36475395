// akin encode WORDS: texts by the vectors of their words
#include <fmt/format.h>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/encode_actions.h"
#include "akin/cli/output.h"
#include "akin/report/item_text.h"
#include "akin/report/json.h"
#include "akin/report/text_table.h"
#include "akin/serve/text_source.h"
#include "akin/store/embeddings_file.h"
#include "akin/store/word_vectors.h"

namespace akin::cli {
namespace {

Texts read_texts(const EncodeCommand& command, const Context& context) {
  if (!command.data.empty()) return read_documents(command.data);
  const TextSplit split{command.tokens, command.lowercase, command.phrase_file};
  return command.text ? single_text(*command.text, split, context)
                      : read_text_lines(command.lines, split, context);
}

/// "2 of 7 words have no vector: foo, bar".
std::string unknown_text(const TextVectors& embedded) {
  constexpr std::size_t kShown = 5;
  const auto shown = std::min(kShown, embedded.unknown_words.size());
  const std::span<const std::string> first(embedded.unknown_words.data(), shown);
  return fmt::format("{} of {} words have no vector: {}{}", format_count(embedded.unknown_tokens),
                     format_count(embedded.tokens), printable(fmt::format("{}", fmt::join(first, ", "))),
                     shown < embedded.unknown_words.size() ? ", ..." : "");
}

int print_text(const EncodeCommand& command, const TextVectors& embedded, const VectorSpace& space,
               Session& session) {
  const std::span<const float> vector = embedded.vectors[0];
  const bool neighbors = command.k > 0;
  Dataset words;  // for printing
  std::vector<Scored> ranked;
  if (neighbors) {
    words.items = space.ids();
    ranked = space.nearest(vector, static_cast<std::size_t>(command.k));
  }
  if (session.common().json) {
    nlohmann::json result = word_counts_json(embedded);
    if (neighbors) result["similar"] = ranked_json(words, ranked);
    if (!neighbors) result["vector"] = std::vector<float>(vector.begin(), vector.end());
    print_json(result);
    return kSuccess;
  }
  if (embedded.unknown_tokens > 0) session.remark(unknown_text(embedded));
  if (!neighbors) {
    if (embedded.empty > 0) session.remark("no word of the text has a vector: the text's is zero");
    print(fmt::format("{}\n", fmt::join(vector, " ")));
  } else {
    print(ranked.empty() ? "nothing: no word of the text has a vector\n" : ranked_text(words, ranked));
  }
  return kSuccess;
}

int write_texts(const EncodeCommand& command, const Texts& texts, const TextVectors& embedded,
                Session& session) {
  const std::vector<std::string> files =
      write_embeddings({texts.ids, embedded.vectors}, parse_embedding_format(command.format), command.out,
                       command.escape ? IdEscape::kPercent : IdEscape::kNone);
  session.progress().clear();
  if (session.common().json && command.out != "-") {
    nlohmann::json result = word_counts_json(embedded);
    result.update({{"rows", embedded.vectors.rows()},
                   {"dim", embedded.vectors.cols()},
                   {"without_vector", embedded.empty},
                   {"files", files}});
    print_json(result);
    return kSuccess;
  }
  if (embedded.unknown_tokens > 0) session.remark(unknown_text(embedded));
  if (embedded.empty > 0) {
    session.remark(fmt::format("{} of {} texts have no known word: their vectors are zero",
                               format_count(embedded.empty), format_count(embedded.vectors.rows())));
  }
  if (command.out != "-") {
    print(fmt::format("wrote {} vectors of length {}: {}\n", format_count(embedded.vectors.rows()),
                      embedded.vectors.cols(), fmt::join(files, ", ")));
  }
  return kSuccess;
}

}  // namespace

int encode_words(const EncodeCommand& command, Session& session) {
  TextEmbedOptions options;
  options.weighting = parse_word_weighting(command.weighting);
  const Texts texts = read_texts(command, session.context());
  const WordVectors words = read_word_vectors(command.source);
  const VectorSpace space(words.ids, words.vectors.clone());
  if (words.frequencies) options.frequencies = &*words.frequencies;
  const TextVectors embedded = embed_texts(texts.corpus, space, words.vectors, options, session.context());
  return command.text ? print_text(command, embedded, space, session)
                      : write_texts(command, texts, embedded, session);
}

}  // namespace akin::cli
