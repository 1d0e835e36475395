// akin embed BUNDLE|VECTORS --text "..." | --lines FILE -o FILE | -d DATA -o FILE
#include <fmt/format.h>

#include <optional>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/vector_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/report/item_text.h"
#include "akin/report/json.h"
#include "akin/report/text_table.h"
#include "akin/serve/text_source.h"
#include "akin/store/embeddings_file.h"

namespace akin::cli {
namespace {

struct EmbedCommand {
  std::string source;
  std::optional<std::string> text;
  std::string lines, data;
  std::string weighting = "mean";
  std::string tokens = "words";
  bool lowercase = false;
  std::string phrase_file;
  int k = 0;
  std::string format = "csv";
  bool escape = false;
  std::string out;
};

void declare(CommandLine& line, EmbedCommand& command) {
  line.explain(
      "The vector of a text is the weighted mean of its word vectors: mean = equal weights; tfidf = rare "
      "words weigh more; sif = weights 0.001 / (0.001 + relative frequency), then the first principal "
      "component of all texts is removed (Arora et al. 2017). Frequencies come from the model's training "
      "events, or from the texts if VECTORS is a plain file of vectors. A word without a vector is tried in "
      "lower case, then left out and counted.");
  line.add({"VECTORS", "", vectors_path(&command.source),
            "file written by `akin train`, or a file of word vectors (word2vec text or binary, npy, "
            "csv, safetensors)",
            Need::kRequired});
  line.add(
      {"--text", "TEXT", Text{&command.text}, "one text: print its vector, or with -k its nearest words"});
  line.add({"--lines", "FILE", InputPath{&command.lines},
            "one text per line, - = standard input; ids are line numbers; needs -o"});
  line.add({"-d,--data", "DATA", InputPath{&command.data},
            "the documents of a data set made by `akin import text`; ids are its user ids; needs -o"});
  line.add({"--weighting", "HOW", Text{&command.weighting}, "mean, tfidf or sif"});
  line.add({"-k,--top", "N", &command.k, "with --text: the N nearest words instead of the vector"});
  line.add({"-o,--out", "FILE", embeddings_path(&command.out, command.format),
            "file to write ids and vectors to; - = standard output"});
  line.add({"--to", "FORMAT", Text{&command.format},
            "format of -o: npy (with the ids in FILE.ids.json), csv, word2vec, word2vec-bin or safetensors"});
  line.add({"--escape", "", &command.escape, "word2vec: percent-encode white space and % in ids (%20, %25)"});
  line.section("How --text and --lines are split into words, as in `akin import text`");
  line.add({"--tokens", "HOW", Text{&command.tokens},
            "words (Unicode word boundaries, without punctuation) or space (split at white space)"});
  line.add({"--lowercase", "", &command.lowercase, "convert all words to lower case"});
  line.add({"--phrase-file", "FILE", InputPath{&command.phrase_file}, "join the phrases in this file first"});
  line.example("akin embed words.akin --text \"cheap guitar strings\" -k 5");
  line.example("akin embed glove.bin --lines questions.txt --weighting sif --to npy -o questions.npy");
}

void check(const EmbedCommand& command) {
  const int ways = int{command.text.has_value()} + int{!command.lines.empty()} + int{!command.data.empty()};
  if (ways != 1)
    fail(ErrorCode::kUsage,
         "say of which texts: either --text, --lines FILE or -d DATA; see `akin embed --help`");
  if (!command.text && command.out.empty()) fail(ErrorCode::kUsage, "--lines and -d need -o FILE");
  if (command.text && !command.out.empty())
    fail(ErrorCode::kUsage, "-o is for --lines and -d; --text prints");
  if (!command.text && command.k != 0) fail(ErrorCode::kUsage, "-k is for --text");
  if (command.out == "-" && parse_embedding_format(command.format) == EmbeddingFormat::kNpy)
    fail(ErrorCode::kUsage, "--to npy writes two files; name one with -o");
}

Texts read_texts(const EmbedCommand& command, const Context& context) {
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

int print_text(const EmbedCommand& command, const TextVectors& embedded, const VectorSpace& space,
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

int write_texts(const EmbedCommand& command, const Texts& texts, const TextVectors& embedded,
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

int run_embed(const Args& args) {
  EmbedCommand command;
  CommandLine line("embed", "Computes a vector for each text from the vectors of its words.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  check(command);
  TextEmbedOptions options;
  options.weighting = parse_word_weighting(command.weighting);
  Session session(line.common);
  const Texts texts = read_texts(command, session.context());
  const WordVectors words = read_word_vectors(command.source);
  const VectorSpace space(words.ids, words.vectors.clone());
  if (words.frequencies) options.frequencies = &*words.frequencies;
  const TextVectors embedded = embed_texts(texts.corpus, space, words.vectors, options, session.context());
  return command.text ? print_text(command, embedded, space, session)
                      : write_texts(command, texts, embedded, session);
}

}  // namespace akin::cli
