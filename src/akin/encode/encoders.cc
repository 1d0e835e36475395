#include "akin/encode/encoders.h"

#include <algorithm>

#include "akin/base/config_params.h"
#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"
#include "akin/encode/attribute_encoder.h"
#include "akin/encode/concat_encoder.h"
#include "akin/encode/image_encoder.h"
#include "akin/encode/net_encoder.h"
#include "akin/encode/pretrained_encoder.h"
#include "akin/encode/term_encoder.h"
#include "akin/encode/text_model_encoder.h"
#include "akin/encode/word_vector_encoder.h"
#include "akin/nets/text/text_nets.h"
#include "akin/text/text_linear.h"

namespace akin {
namespace {

constexpr bool kWords = true;  // looks at word vectors

template <typename E>
concept Sparse = requires {
  E::kSparse;
};

template <typename E>
EncoderEntry entry(bool takes_words = false) {
  return {.name = E::kName,
          .summary = E::kSummary,
          .takes_words = takes_words,
          .sparse = Sparse<E>,
          .params = &default_params<typename E::Config>,
          .complete =
              [](const ParamValues& values) {
                auto config = config_of<typename E::Config>(values, E::kName);
                return get_params(config.params());
              },
          .fit =
              [](const EncoderInput& input, const ParamValues& values, const Context& context) {
                return E::fit(input, config_of<typename E::Config>(values, E::kName), context);
              },
          .load = &E::load};
}

}  // namespace

const std::vector<EncoderEntry>& encoders() {
  static const std::vector<EncoderEntry> kEncoders = {
      // A line for each encoder.
      // clang-format off
      entry<TfidfEncoder>(),
      entry<Bm25Encoder>(),
      entry<AttributeEncoder>(),
      entry<WordVectorEncoder>(kWords),
      entry<ImageEncoder>(),
      entry<NetEncoder>(),
      entry<PretrainedEncoder>(),
      entry<ConcatEncoder>(kWords),
      entry<TrainedTextEncoder>(),
      entry<TextModelEncoderOf<TextLinear>>(),
      entry<TextModelEncoderOf<nets::TextCnn>>(kWords),
      entry<TextModelEncoderOf<nets::Dcnn>>(kWords),
      entry<TextModelEncoderOf<nets::TextRnn>>(kWords),
      entry<TextModelEncoderOf<nets::TextLstm>>(kWords),
      entry<TextModelEncoderOf<nets::TextGru>>(kWords),
      entry<TextModelEncoderOf<nets::TextTransformer>>(kWords),
      // clang-format on
  };
  return kEncoders;
}

const EncoderEntry& find_encoder(std::string_view name) {
  const auto found = std::ranges::find(encoders(), name, &EncoderEntry::name);
  if (found != encoders().end()) return *found;
  std::vector<std::string> names;
  for (const EncoderEntry& encoder : encoders()) names.emplace_back(encoder.name);
  fail(ErrorCode::kUsage, "there is no encoder '{}'{}; there are: {}", name, did_you_mean(name, names),
       fmt::join(names, ", "));
}

ParamValues parse_encoder_params(std::string_view text) {
  ParamValues values;
  for (const std::string_view part : split(text, ' ')) {
    const std::size_t equals = part.find('=');
    if (equals == part.npos || equals == 0)
      fail(ErrorCode::kUsage, "'{}' is not PARAMETER=VALUE, such as svd=64", part);
    values[std::string(part.substr(0, equals))] = part.substr(equals + 1);
  }
  return values;
}

std::string write_encoder(TensorWriter& writer, const std::string& prefix, const ContentEncoder& encoder) {
  writer.meta(prefix, std::string(encoder.name()));
  encoder.save(writer, prefix);
  const std::string hash = writer.hash(prefix + ".");
  writer.meta(prefix + ".hash", hash);
  return hash;
}

std::unique_ptr<ContentEncoder> read_encoder(const TensorReader& reader, const std::string& prefix) {
  const std::string& name = reader.meta(prefix);
  const auto found = std::ranges::find(encoders(), name, &EncoderEntry::name);
  if (found == encoders().end())
    reader.inconsistent(fmt::format("its encoder '{}' is unknown to this version of akin", name));
  return found->load(reader, prefix);
}

}  // namespace akin
