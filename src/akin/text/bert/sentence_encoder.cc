#include "akin/text/bert/sentence_encoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/json_text.h"
#include "akin/base/parallel.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"

namespace akin::bert {
namespace {

using nlohmann::json;
using Ids = std::vector<std::uint32_t>;

constexpr std::size_t kPack = 384;  ///< tokens that a thread takes at once, or one longer text

/// Texts by length, cut into packs: pack p is [bounds[p], bounds[p + 1]) of `order`. The longest come first, so that no
/// thread begins with one when the others are done.
struct Packs {
  std::vector<std::size_t> order, bounds;
};

Packs pack(const std::vector<Ids>& texts) {
  Packs packs;
  packs.order.resize(texts.size());
  std::iota(packs.order.begin(), packs.order.end(), std::size_t{0});
  std::ranges::stable_sort(packs.order, std::ranges::greater{},
                           [&](std::size_t t) { return texts[t].size(); });
  packs.bounds = {0};
  std::size_t tokens = 0;
  for (std::size_t at = 0; at < texts.size(); ++at) {
    const std::size_t size = texts[packs.order[at]].size();
    if (tokens > 0 && tokens + size > kPack) {
      packs.bounds.push_back(at);
      tokens = 0;
    }
    tokens += size;
  }
  packs.bounds.push_back(texts.size());
  return packs;
}

json config_json(const Network& network) {
  const NetworkConfig& config = network.config();
  json object = {{"layers", config.layers},
                 {"hidden", config.hidden},
                 {"heads", config.heads},
                 {"inner", config.inner},
                 {"tokens", config.tokens},
                 {"positions", config.positions},
                 {"types", config.types},
                 {"epsilon", config.epsilon},
                 {"precision", network.precision() == Precision::kFloat32 ? "float32" : "bf16"}};
  if (config.first_position > 0) object["first_position"] = config.first_position;
  return object;
}

NetworkConfig parse_config(const JsonFields& fields, const TensorReader& reader) {
  const auto whole = [&](const char* name, std::int64_t min, std::int64_t max) {
    return static_cast<std::size_t>(fields.whole(name, min, max));
  };
  NetworkConfig config{whole("layers", 1, 1000),    whole("hidden", 1, 1 << 16),
                       whole("heads", 1, 1 << 16),  whole("inner", 1, 1 << 20),
                       whole("tokens", 1, 1 << 24), whole("positions", 2, 1 << 20),
                       whole("types", 0, 1 << 16),  0};
  config.epsilon = fields.number("epsilon");
  if (fields.has("first_position"))
    config.first_position = whole("first_position", 0, static_cast<std::int64_t>(config.positions) - 2);
  if (!(config.epsilon >= 0 && config.epsilon <= 1)) reader.inconsistent("its epsilon is not from 0 to 1");
  if (config.hidden % config.heads != 0) reader.inconsistent("its heads do not divide its hidden size");
  return config;
}

}  // namespace

SentenceEncoder::SentenceEncoder(Tokenizer tokenizer, Network network, SentenceSettings settings,
                                 const std::string& where)
    : tokenizer_(std::move(tokenizer)), network_(std::move(network)), settings_(std::move(settings)) {
  if (vocabulary_of(tokenizer_).size() > network_.config().tokens) {
    fail(ErrorCode::kBadData, "{}: the vocabulary has {} tokens, and the network only {}", where,
         vocabulary_of(tokenizer_).size(), network_.config().tokens);
  }
  if (settings_.most_tokens < 2 || settings_.most_tokens > network_.config().longest()) {
    fail(ErrorCode::kBadData,
         "{}: the longest text has {} tokens; it must have 2 to {}, as many as the network's positions",
         where, settings_.most_tokens, network_.config().longest());
  }
}

std::size_t SentenceEncoder::size() const {
  std::size_t size = 0;
  for (const Matrix& tensor : network_.tensors()) size += tensor.rows() * tensor.cols();
  return size;
}

void SentenceEncoder::pool(Rows<const float> states, std::size_t tokens, std::span<float> out) const {
  std::ranges::fill(out, 0.0F);
  const std::size_t count = settings_.pooling == Pooling::kFirst ? 1 : tokens;
  for (std::size_t t = 0; t < count; ++t) axpy(1, states.data + t * states.stride, out.data(), out.size());
  scale(1 / static_cast<float>(count), out.data(), out.size());
  if (!settings_.normalize) return;
  double squares = 0;
  for (const float value : out) squares += static_cast<double>(value) * static_cast<double>(value);
  if (squares > 0) scale(static_cast<float>(1 / std::sqrt(squares)), out.data(), out.size());
}

Matrix SentenceEncoder::encode(std::span<const std::string> texts, const Context& context) const {
  std::vector<Ids> ids(texts.size());
  parallel_for(texts.size(), context.threads, [&](std::size_t begin, std::size_t end, int) {
    context.check_stop();
    for (std::size_t t = begin; t < end; ++t)
      ids[t] = token_ids(tokenizer_, settings_.prefix + texts[t], settings_.most_tokens);
  });
  const Packs packs = pack(ids);
  Matrix result(texts.size(), dim());
  std::vector<Network::Workspace> workspaces(static_cast<std::size_t>(resolve_threads(context.threads)));
  parallel_for(
      packs.bounds.size() - 1, context.threads,
      [&](std::size_t begin, std::size_t end, int worker) {
        for (std::size_t p = begin; p < end; ++p) {
          context.check_stop();
          const std::size_t first = packs.bounds[p], last = packs.bounds[p + 1];
          std::vector<std::span<const std::uint32_t>> chosen;
          for (std::size_t at = first; at < last; ++at) chosen.emplace_back(ids[packs.order[at]]);
          Rows<const float> states = network_.run(chosen, workspaces[static_cast<std::size_t>(worker)]);
          for (std::size_t at = first; at < last; ++at) {
            const std::size_t text = packs.order[at];
            pool(states, ids[text].size(), result[text]);
            states.data += ids[text].size() * states.stride;
          }
        }
      },
      1);
  return result;
}

void SentenceEncoder::save(TensorWriter& writer, const std::string& prefix) const {
  writer.meta(prefix + ".network", config_json(network_).dump());
  save_tokenizer(writer, prefix, tokenizer_);
  const json settings = {{"pooling", settings_.pooling == Pooling::kMean ? "mean" : "cls"},
                         {"normalize", settings_.normalize},
                         {"most_tokens", settings_.most_tokens},
                         {"prefix", settings_.prefix}};
  writer.meta(prefix + ".settings", settings.dump());
  writer.meta(prefix + ".manifest", settings_.manifest);
  const std::vector<TensorShape> shapes = tensor_shapes(network_.config());
  for (std::size_t t = 0; t < shapes.size(); ++t)
    write_matrix(writer, prefix + "." + shapes[t].name, network_.tensors()[t]);
}

SentenceEncoder SentenceEncoder::load(const TensorReader& reader, const std::string& prefix,
                                      std::optional<Precision> precision) {
  const auto object = [&](const char* name) {
    const std::string where = fmt::format("{}: metadata {}.{}", reader.path(), prefix, name);
    json value = parse_json(reader.meta(prefix + "." + name), where);
    if (!value.is_object()) reader.inconsistent(fmt::format("{} is no object", where));
    return value;
  };
  const json network = object("network"), settings = object("settings");
  const json manifest = object("manifest");
  const JsonFields net(network, reader.path()), how(settings, reader.path());
  const NetworkConfig config = parse_config(net, reader);

  SentenceSettings chosen;
  const std::string pooling = how.text("pooling");
  if (pooling != "mean" && pooling != "cls") reader.inconsistent("its pooling is neither mean nor cls");
  chosen.pooling = pooling == "mean" ? Pooling::kMean : Pooling::kFirst;
  chosen.normalize = how.flag("normalize");
  chosen.most_tokens =
      static_cast<std::size_t>(how.whole("most_tokens", 2, static_cast<std::int64_t>(config.longest())));
  chosen.prefix = how.text("prefix");
  chosen.manifest = manifest.dump();

  std::vector<Matrix> tensors;
  for (const TensorShape& shape : tensor_shapes(config))
    tensors.push_back(read_matrix(reader, prefix + "." + shape.name, shape.rows, shape.cols));
  const Precision stored = net.text("precision") == "bf16" ? Precision::kBfloat16 : Precision::kFloat32;
  return {load_tokenizer(reader, prefix, config.tokens),
          Network(config, std::move(tensors), precision.value_or(stored)), std::move(chosen), reader.path()};
}

}  // namespace akin::bert
