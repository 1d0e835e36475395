// akin encoder import|describe
#include <fmt/format.h>

#include <array>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/actions.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/nets/image/import.h"
#include "akin/report/json.h"
#include "akin/store/encoder_file.h"

namespace akin::cli {
namespace {

bert::Pooling parse_pooling(const std::string& text) {
  if (text == "mean") return bert::Pooling::kMean;
  if (text == "cls") return bert::Pooling::kFirst;
  fail(ErrorCode::kUsage, "--pooling: '{}' is neither mean nor cls", text);
}

int print_facts(const std::string& path, const std::string& part, bool json) {
  const auto facts = encoder_facts(path, part);
  if (json) {
    nlohmann::json object = nlohmann::json::object();
    for (const auto& [name, value] : facts) object[name] = value;
    print_json(object);
    return kSuccess;
  }
  for (const auto& [name, value] : facts)
    print(fmt::format("{:<28} {}\n", printable(name), printable(value)));
  return kSuccess;
}

int print_imported(const std::string& path, const std::string& summary, bool json) {
  if (json) return print_facts(path, "", true);
  print(fmt::format("encoder: {}\n", summary));
  for (const auto& [name, value] : encoder_facts(path)) {
    if (name == "origin" || name == "license") print(fmt::format("{}: {}\n", name, printable(value)));
  }
  print(fmt::format("wrote {}\n", shell_word(path)));
  return kSuccess;
}

int import_files(const Args& args) {
  std::string input, out, fields, pooling, architecture;
  int most_tokens = 0, size = 0;
  bool normalize = false;
  bert::ImportOptions options;
  CommandLine line("encoder import", "Reads a pretrained model of texts or pictures into an encoder file.");
  line.explain(
      "INPUT of texts is the folder that sentence-transformers or transformers saved: config.json, "
      "model.safetensors, tokenizer.json or vocab.txt, and where they are modules.json, 1_Pooling, "
      "sentence_bert_config.json and README.md. Models of kind bert (MiniLM, e5, bge ...) and distilbert are "
      "read. INPUT of "
      "pictures is a file of weights, which torch.save(), numpy.savez(), safetensors or Keras wrote, of "
      "VGG-16 or 19, AlexNet, SqueezeNet, MobileNetV2 or EfficientNet-Lite0, with or without the head; or "
      "the folder of a vision "
      "transformer that transformers saved, CLIP, SigLIP or DINOv2: config.json, model.safetensors and "
      "preprocessor_config.json. The file written holds the weights, all that "
      "is needed to use them, and a manifest: origin, licence, SHA-256 of each file read.");
  line.add({"INPUT", "", InputPath{&input}, "folder or file of the model", Need::kRequired});
  line.add({"-o,--out", "FILE", OutputPath{&out}, "encoder file to write", Need::kRequired});
  line.add({"--fields", "A,B", Text{&fields},
            "fields of items whose texts it encodes unless it is told others; default: title"});
  line.add({"--prefix", "TEXT", Text{&options.prefix},
            "put before each text, as the model wants it, such as \"query: \" of e5"});
  line.add({"--pooling", "HOW", Text{&pooling}, "of texts: mean or cls, in place of what the files say"});
  line.add({"--normalize", "", &normalize, "vectors of length 1, also where the files do not say so"});
  line.add({"--max-length", "N", &most_tokens,
            "tokens of a text that are read, in place of what the files say; 0 = as the files say"});
  line.add({"--architecture", "NAME", Text{&architecture},
            "of pictures: vgg16, mobilenetv2 ...; default: the one whose tensors the file has"});
  line.add({"--size", "N", &size,
            "of vision transformers: side in pixels of the pictures they see, a multiple of the patch; 0 = "
            "as the files say"});
  line.add(
      {"--origin", "TEXT", Text{&options.origin}, "where the model comes from; default: what its files say"});
  line.add({"--license", "SPDX", Text{&options.license},
            "licence of the weights, such as Apache-2.0; default: that of README.md"});
  line.example("akin encoder import all-MiniLM-L6-v2 -o minilm.enc");
  line.example("akin encoder import e5-small-v2 --prefix \"query: \" -o e5.enc");
  line.example("akin encoder import efficientnet-lite0-57934424.pth --license Apache-2.0 -o lite0.enc");
  line.example("akin encoder import clip-vit-base-patch32 -o clip.enc");
  if (!line.parse(args)) return kSuccess;
  if (nets::is_image_net(input)) {
    if (!fields.empty() || !options.prefix.empty() || !pooling.empty() || normalize || most_tokens != 0) {
      fail(ErrorCode::kUsage,
           "{}: holds a model of pictures; --fields, --prefix, --pooling, --normalize and --max-length are "
           "of texts",
           input);
    }
    const nets::ImageNet net =
        nets::import_image_net(input, {architecture, options.origin, options.license, size});
    nets::save_image_net(net, out);
    return print_imported(out, net.summary(), line.common.json);
  }
  if (!architecture.empty() || size != 0) {
    fail(ErrorCode::kUsage,
         "--architecture and --size are of pictures: files of weights (.pt, .pth, .npz, .h5, .keras, "
         ".safetensors), and folders "
         "with preprocessor_config.json");
  }
  if (!pooling.empty()) options.pooling = parse_pooling(pooling);
  if (normalize) options.normalize = true;
  options.most_tokens = static_cast<std::size_t>(most_tokens);
  const StoredEncoder stored = import_encoder(input, options, fields.empty() ? "title" : fields);
  save_encoder(stored.encoder(), stored.types, out);
  return print_imported(out, encoder_text(stored.encoder()), line.common.json);
}

int describe_file(const Args& args) {
  std::string path, part;
  CommandLine line("encoder describe", "Shows what a file's encoder is, and where it comes from.");
  line.add({"FILE", "", InputPath{&path}, "encoder, or a bundle that holds one", Need::kRequired});
  line.add({"--part", "NAME", Text{&part}, "the encoder of this name in a bundle"});
  line.example("akin encoder describe minilm.enc");
  if (!line.parse(args)) return kSuccess;
  return print_facts(path, part, line.common.json);
}

constexpr std::array<Action, 2> kEncoderActions = {{
    {"import", "read a BERT model, or a net of pictures, into a file", &import_files},
    {"describe", "what a file's encoder is, and where it comes from", &describe_file},
}};

std::string encoder_overview() {
  return "Usage: akin encoder ACTION ... (each has --help)\n\nEncoders of texts and pictures that others "
         "have trained; "
         "`akin encode` "
         "computes vectors with them.\n\nActions:\n" +
         action_listing(kEncoderActions) +
         "\nExamples:\n"
         "  akin encoder import all-MiniLM-L6-v2 -o minilm.enc\n"
         "  akin encoder import efficientnet-lite0-57934424.pth -o lite0.enc\n"
         "  akin encode minilm.enc -d events.data --fields title --whiten -o items.npy --to npy\n";
}

}  // namespace

int run_encoder(const Args& args) { return run_action("encoder", kEncoderActions, encoder_overview, args); }

}  // namespace akin::cli
