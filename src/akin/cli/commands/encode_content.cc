// akin encode with an encoder of content: fitted to a data set, or from a file.
#include <algorithm>

#include "akin/base/atomic_file.h"
#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/io.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/encode_actions.h"
#include "akin/cli/flags/param_flags.h"
#include "akin/cli/flags/split_flags.h"
#include "akin/cli/flags/vector_flags.h"
#include "akin/cli/output.h"
#include "akin/encode/encoders.h"
#include "akin/experiment/add_encoder.h"
#include "akin/experiment/encode_items.h"
#include "akin/store/embeddings_file.h"
#include "akin/store/encoder_file.h"

namespace akin::cli {
namespace {

struct Output {
  std::string path, format;
  bool escape = false;
};

int write_vectors(const IdMap& ids, const Matrix& vectors, const ContentEncoder& encoder,
                  const Output& output, const std::string& saved, Session& session) {
  const std::vector<std::string> files =
      write_embeddings({ids, vectors}, parse_embedding_format(output.format), output.path,
                       output.escape ? IdEscape::kPercent : IdEscape::kNone);
  session.progress().clear();
  const std::uint64_t empty = zero_rows(vectors);
  if (session.common().json && output.path != "-") {
    nlohmann::json result = {{"rows", vectors.rows()},
                             {"dim", vectors.cols()},
                             {"without_vector", empty},
                             {"encoder", encoder_text(encoder)},
                             {"files", files}};
    if (!saved.empty()) result["encoder_file"] = saved;
    print_json(result);
    return kSuccess;
  }
  if (empty > 0) {
    session.remark(
        fmt::format("{} of {} items have no content that the encoder knows: their vectors are zero",
                    format_count(empty), format_count(vectors.rows())));
  }
  if (output.path == "-") return kSuccess;
  print(fmt::format("encoder: {}\nwrote {} vectors of length {}: {}\n", encoder_text(encoder),
                    format_count(vectors.rows()), vectors.cols(), fmt::join(files, ", ")));
  if (!saved.empty()) print(fmt::format("wrote the encoder: {}\n", saved));
  return kSuccess;
}

/// A long sparse vector as its entries, largest first: "3.214  guitar strings".
int print_vector(const ContentEncoder& encoder, const ItemContent& content, Session& session) {
  if (!encoder.is_sparse()) {
    const Matrix vector = encoder.encode(content, session.context());
    if (session.common().json) {
      print_json({{"vector", std::vector<float>(vector[0].begin(), vector[0].end())}});
    } else {
      print(fmt::format("{}\n", fmt::join(vector[0], " ")));
    }
    return kSuccess;
  }
  const Csr vector = encoder.encode_sparse(content, session.context());
  std::vector<std::pair<float, std::string>> entries;
  for (std::size_t e = 0; e < vector.row_size(0); ++e)
    entries.emplace_back(vector.values_of(0)[e], encoder.dimension(vector.cols_of(0)[e]));
  std::ranges::stable_sort(entries, std::ranges::greater{}, [](const auto& entry) { return entry.first; });
  if (session.common().json) {
    nlohmann::json shown = nlohmann::json::array();
    for (const auto& [value, name] : entries) shown.push_back({{"dimension", name}, {"value", value}});
    print_json({{"vector", shown}});
    return kSuccess;
  }
  if (entries.empty()) session.remark("the encoder knows no word of the text: its vector is zero");
  for (const auto& [value, name] : entries) print(fmt::format("{:.4f}  {}\n", value, printable(name)));
  return kSuccess;
}

ItemContent read_lines(const std::string& path, std::span<const std::string> fields, IdMap& ids) {
  AttributeTable table;
  LineReader lines(path);
  while (const auto line = lines.next()) {
    ids.add(fmt::format("{}", lines.line_number()));
    for (const std::string& field : fields) table.column(field).push_back(*line);
  }
  if (ids.size() == 0) fail(ErrorCode::kBadData, "{}: there are no lines", path);
  return ItemContent(std::move(table), ids.size());
}

}  // namespace

int encode_content(const EncodeCommand& command, Session& session) {
  const StoredEncoder stored = load_encoder(command.source, command.part);
  const ContentEncoder& encoder = stored.encoder();
  // A text stands for one field: with several it would count several times.
  const std::span<const std::string> first(encoder.fields().data(), 1);
  if (command.text) return print_vector(encoder, text_content(*command.text, first), session);
  const Output output{command.out, command.format, command.escape};
  if (!command.data.empty()) {
    const Dataset data = load_dataset(command.data);
    const Matrix vectors = encode_full(encoder, ItemContent(data), session.context());
    return write_vectors(data.items, vectors, encoder, output, "", session);
  }
  IdMap ids;
  if (!command.lines.empty()) {
    const ItemContent content = read_lines(command.lines, first, ids);
    return write_vectors(ids, encode_full(encoder, content, session.context()), encoder, output, "", session);
  }
  const NewItems items = read_new_items(command.new_items, stored.types);
  if (const std::string note = new_items_remark(items, stored.types); !note.empty()) session.remark(note);
  for (std::size_t i = 0; i < items.ids.size(); ++i) {
    const std::string id = items.ids[i].empty() ? fmt::format("{}", i + 1) : items.ids[i];
    if (ids.add(id) != i) fail(ErrorCode::kBadData, "{}: two items have the id '{}'", command.new_items, id);
  }
  return write_vectors(ids, encode_full(encoder, items.content, session.context()), encoder, output, "",
                       session);
}

int add_to_bundle(const std::string& encoder, const std::string& data, const ParamValues& params,
                  const AddEncoderOptions& options, const std::string& path, const Common& common) {
  check_writable(path);
  Session session(common);
  Bundle bundle = load_bundle(path);
  add_encoder(bundle, load_dataset(data), encoder, params, options, session.context());
  session.context().check_stop();
  save_bundle(bundle, path);
  session.progress().clear();
  const std::string part = options.part.empty() ? encoder : options.part;
  const std::string text = encoder_text(encoder_of(bundle, part));
  if (session.common().json) {
    print_json({{"bundle", path}, {"part", part}, {"encoder", text}, {"items", bundle.dataset.n_items()}});
  } else {
    print(fmt::format("encoder: {}\nadded to {} as {}: {} items\n", text, shell_word(path), part,
                      format_count(bundle.dataset.n_items())));
  }
  return kSuccess;
}

int encode_fit(const std::string& name, const Args& args) {
  const bool named = std::ranges::find(encoders(), name, &EncoderEntry::name) != encoders().end();
  if (!named && has_encoder(name)) {
    fail(ErrorCode::kUsage,
         "{}: --add-to is for encoders that learn from the data set; name one, such as `akin encode "
         "text-linear`",
         name);
  }
  const EncoderEntry& entry = find_encoder(name);
  std::string data, saved, bundle, part;
  Output output{"", "csv"};
  ParamValues params;
  EncodeOptions options;
  CommandLine line(
      "encode " + name,
      fmt::format("Learns an encoder from a data set and encodes its items: {}.", entry.summary));
  line.add({"-d,--data", "DATA", InputPath{&data}, "data set written by `akin import`", Need::kRequired});
  line.add({"-o,--out", "FILE", embeddings_path(&output.path, output.format),
            "file to write ids and vectors to; - = standard output"});
  line.add({"--to", "FORMAT", Text{&output.format},
            "format of -o: npy (with the ids in FILE.ids.json), csv, word2vec, word2vec-bin or safetensors"});
  line.add({"--escape", "", &output.escape, "word2vec: percent-encode white space and % in ids (%20, %25)"});
  line.add({"--save", "ENCODER", OutputPath{&saved},
            "also write the encoder, for `akin encode ENCODER --new-items`"});
  line.add({"--add-to", "BUNDLE", InputPath{&bundle},
            "instead of -o: put the encoder and the vectors of all items into this bundle, for `akin similar "
            "--text`; it learns from the training side of the bundle's split"});
  line.add({"--part", "NAME", Text{&part}, "with --add-to: what to call it; default: the encoder's name"});
  line.add({"--holdout", "HOW", Text{&options.holdout},
            "learn only from the training side of this split, as `akin train`; none = from everything"});
  if (entry.takes_words) {
    line.add({"--word-vectors", "FILE", vectors_path(&options.word_vectors),
              "word vectors instead of those learned from the texts: a bundle, or a file of vectors"});
  }
  line.section("Parameters of " + name);
  constexpr std::string_view kTypes[] = {"int", "float", "bool", "string"};
  std::vector<ModelEntry::ParamInfo> infos;
  for (const auto& [param, text] : entry.params())
    infos.push_back({param, text, kTypes[param.value.index()]});
  for (const ModelEntry::ParamInfo& info : infos) add_param_flag(line, info, params);
  line.example(fmt::format("akin encode {} -d events.data --svd 64 -o items.csv", name));
  if (!line.parse(args)) return kSuccess;
  static_cast<void>(entry.complete(params));
  if (!bundle.empty()) {
    if (!output.path.empty() || !saved.empty() || line.given("holdout"))
      fail(ErrorCode::kUsage, "--add-to takes the place of -o, --save and --holdout");
    return add_to_bundle(name, data, params, {part, options.word_vectors}, bundle, line.common);
  }
  if (!part.empty()) fail(ErrorCode::kUsage, "--part is for --add-to");
  if (output.path.empty())
    fail(ErrorCode::kUsage, "name the file to write with -o, or a bundle with --add-to");
  if (output.path == "-" && parse_embedding_format(output.format) == EmbeddingFormat::kNpy)
    fail(ErrorCode::kUsage, "--to npy writes two files; name one with -o");
  Session session(line.common);
  const EncodeResult result = encode_items(load_dataset(data), name, params, options, session.context());
  session.context().check_stop();
  if (!saved.empty()) save_encoder(*result.encoder, result.attributes, saved);
  return write_vectors(result.items, result.vectors, *result.encoder, output, saved, session);
}

}  // namespace akin::cli
