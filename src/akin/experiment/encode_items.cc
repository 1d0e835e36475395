#include "akin/experiment/encode_items.h"

#include <algorithm>
#include <numeric>

#include "akin/base/error.h"
#include "akin/data/split_dataset.h"
#include "akin/encode/encoders.h"
#include "akin/store/word_vectors.h"

namespace akin {

Matrix encode_full(const ContentEncoder& encoder, const ItemContent& content, const Context& context) {
  // Sparse encoders have a dimension for each word; of dense ones memory is the limit.
  constexpr std::size_t kMostWords = 4096, kMostBytes = std::size_t{4} << 30;
  const std::size_t fitting = kMostBytes / sizeof(float) / std::max<std::size_t>(content.size(), 1);
  const std::size_t most = encoder.is_sparse() ? kMostWords : std::max(kMostWords, fitting);
  if (encoder.dim() > most) {
    fail(
        ErrorCode::kUsage,
        "vectors of {} dimensions are too long to write, at most {}; reduce them with svd, such as --svd 256",
        encoder.dim(), most);
  }
  return encoder.encode(content, context);
}

EncodeResult encode_items(Dataset data, std::string_view name, const ParamValues& params,
                          const EncodeOptions& options, const Context& context) {
  const EncoderEntry& entry = find_encoder(name);
  static_cast<void>(entry.complete(params));  // wrong values are reported before anything is read
  WordVectors words;
  if (!options.word_vectors.empty()) words = read_word_vectors(options.word_vectors);
  std::vector<idx_t> items(data.n_items());
  std::iota(items.begin(), items.end(), idx_t{0});
  if (options.holdout != "none") {
    SplitDataset parts = split_dataset(std::move(data), parse_split(options.holdout, context.seed));
    data = std::move(parts.dataset);
    items = items_to_learn_from({data, data.events});
  }
  EncodeResult result;
  const ItemContent content(data);
  const EncoderInput input{content, items, options.word_vectors.empty() ? nullptr : &words};
  result.encoder = entry.fit(input, params, context);
  result.vectors = encode_full(*result.encoder, content, context);
  result.items = std::move(data.items);
  result.attributes = std::move(data.item_attributes);
  return result;
}

}  // namespace akin
