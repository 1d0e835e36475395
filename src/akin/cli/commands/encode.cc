// akin encode ENCODER -d DATA -o FILE | akin encode FILE --text "..." | --lines FILE | -d DATA | --new-items FILE
#include "akin/base/error.h"
#include "akin/base/files.h"
#include "akin/base/safetensors.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/encode_actions.h"
#include "akin/cli/flags/vector_flags.h"
#include "akin/cli/output.h"
#include "akin/encode/encoders.h"
#include "akin/store/embeddings_file.h"
#include "akin/store/encoder_file.h"

namespace akin::cli {
namespace {

std::string encode_overview() {
  std::string text =
      "Usage: akin encode ENCODER -d DATA -o FILE [flags]      learn an encoder from a data set, encode its "
      "items\n"
      "       akin encode ENCODER -d DATA --add-to BUNDLE      learn it, put it beside a trained model\n"
      "       akin encode FILE --text TEXT | --new-items FILE | -d DATA | --lines FILE [flags]\n\n"
      "Computes vectors from content: of the items of a data set, of new items, of texts. FILE is an encoder "
      "that\n"
      "--save, `akin encoder import` or `akin text train` wrote, a model with an encoder (content-tfidf "
      "...), "
      "or word\n"
      "vectors: a bundle of word2vec or a file of vectors of any program, which encode texts by the mean of "
      "their\nwords.\n\n"
      "Encoders (`akin encode ENCODER --help` shows the flags of each):\n";
  std::vector<Listed> entries;
  for (const EncoderEntry& encoder : encoders()) entries.push_back({encoder.name, encoder.summary});
  return text + listing(entries) +
         "\nExamples:\n"
         "  akin encode tfidf -d events.data --fields title,brand --svd 128 -o items.npy --to npy --save "
         "items.enc\n"
         "  akin encode items.enc --new-items new.json -o new.csv\n"
         "  akin encode words.akin --text \"cheap guitar strings\" -k 5\n";
}

void declare(CommandLine& line, EncodeCommand& command) {
  line.explain(
      "FILE is an encoder that `akin encode ENCODER --save`, `akin encoder import` or `akin text train` "
      "wrote, "
      "a model with an "
      "encoder, or "
      "word vectors. By word "
      "vectors, the vector of a text is the weighted mean of its words': mean = equal weights; tfidf = rare "
      "words weigh more; sif = weights 0.001 / (0.001 + relative frequency), then the first principal "
      "component of all texts is removed (Arora et al. 2017). Frequencies come from the model's training "
      "events, or from the texts if FILE is a plain file of vectors. A word without a vector is tried in "
      "lower case, then left out and counted.");
  line.add({"FILE", "", vectors_path(&command.source),
            "encoder, file written by `akin train`, or file of word vectors (word2vec text or binary, npy, "
            "csv, safetensors)",
            Need::kRequired});
  line.add({"--part", "NAME", Text{&command.part},
            "encode with this encoder in the bundle, which `akin encode --add-to` put there"});
  line.add({"--text", "TEXT", Text{&command.text},
            "one text: print its vector, or with -k the nearest words of word vectors"});
  line.add({"--lines", "FILE", InputPath{&command.lines},
            "one text per line, - = standard input; ids are line numbers; needs -o"});
  line.add({"--new-items", "FILE", InputPath{&command.new_items},
            "items as JSON, an object or a list of objects such as {\"id\": \"n1\", \"title\": \"Kettle\"}; "
            "needs -o"});
  line.add({"-d,--data", "DATA", InputPath{&command.data},
            "the items of a data set; by word vectors, the documents of one made by `akin import text`; "
            "needs -o"});
  line.add({"-k,--top", "N", &command.k, "with --text and word vectors: the N nearest words"});
  line.add({"-o,--out", "FILE", embeddings_path(&command.out, command.format),
            "file to write ids and vectors to; - = standard output"});
  line.add({"--to", "FORMAT", Text{&command.format},
            "format of -o: npy (with the ids in FILE.ids.json), csv, word2vec, word2vec-bin or safetensors"});
  line.add({"--escape", "", &command.escape, "word2vec: percent-encode white space and % in ids (%20, %25)"});
  line.section("Word vectors: how --text and --lines are split into words, as in `akin import text`");
  line.add({"--weighting", "HOW", Text{&command.weighting}, "mean, tfidf or sif"});
  line.add({"--tokens", "HOW", Text{&command.tokens},
            "words (Unicode word boundaries, without punctuation) or space (split at white space)"});
  line.add({"--lowercase", "", &command.lowercase, "convert all words to lower case"});
  line.add({"--phrase-file", "FILE", InputPath{&command.phrase_file}, "join the phrases in this file first"});
  line.example("akin encode words.akin --text \"cheap guitar strings\" -k 5");
  line.example("akin encode glove.bin --lines questions.txt --weighting sif --to npy -o questions.npy");
  line.example("akin encode items.enc --new-items new.json -o new.csv");
}

void check(const EncodeCommand& command) {
  const int ways = int{command.text.has_value()} + int{!command.lines.empty()} + int{!command.data.empty()} +
                   int{!command.new_items.empty()};
  if (ways != 1) {
    fail(ErrorCode::kUsage,
         "name one input: --text, --lines FILE, --new-items FILE or -d DATA; see `akin encode --help`");
  }
  if (!command.text && command.out.empty())
    fail(ErrorCode::kUsage, "--lines, --new-items and -d need -o FILE");
  if (command.text && !command.out.empty())
    fail(ErrorCode::kUsage, "-o is for --lines, --new-items and -d; --text prints");
  if (!command.text && command.k != 0) fail(ErrorCode::kUsage, "-k is for --text");
  if (command.out == "-" && parse_embedding_format(command.format) == EmbeddingFormat::kNpy)
    fail(ErrorCode::kUsage, "--to npy writes two files; name one with -o");
}

}  // namespace

int run_encode(const Args& args) {
  if (args.empty())
    fail(ErrorCode::kUsage,
         "name an encoder or a file: akin encode tfidf -d DATA -o FILE; see `akin encode --help`");
  if (args[0] == "--help" || args[0] == "-h") {
    print(encode_overview());
    return kSuccess;
  }
  // What others have trained takes the place of an encoder's name.
  const bool on_data = std::ranges::any_of(args, [](const std::string& arg) {
    return arg.starts_with("-d") || arg.starts_with("--data") || arg.starts_with("--add-to");
  });
  if (const std::string_view reading = on_data ? encoder_reading(args[0]) : ""; !reading.empty()) {
    Args rest = {"--file", args[0]};
    rest.insert(rest.end(), args.begin() + 1, args.end());
    return encode_fit(std::string(reading), rest);
  }
  const bool names_encoder =
      std::ranges::find(encoders(), args[0], &EncoderEntry::name) != encoders().end() ||
      std::ranges::any_of(args, [](const std::string& arg) { return arg.starts_with("--add-to"); });
  if (names_encoder) return encode_fit(args[0], {args.begin() + 1, args.end()});
  EncodeCommand command;
  CommandLine line("encode", "Computes the vectors of texts or items with an encoder or word vectors.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  check(command);
  Session session(line.common);
  // Without --part a bundle's vectors are those of its model, except for items that only an encoder places.
  const bool by_part = !command.part.empty() || !command.new_items.empty();
  if (has_encoder(command.source) || (by_part && file_kind(command.source) == "model"))
    return encode_content(command, session);
  if (by_part && file_exists(command.source)) {
    fail(ErrorCode::kUsage, "{} needs an encoder, and {} holds vectors",
         command.part.empty() ? "--new-items" : "--part", command.source);
  }
  return encode_words(command, session);
}

}  // namespace akin::cli
