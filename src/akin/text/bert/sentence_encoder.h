// Texts to vectors by a pretrained transformer: tokens, network, pooling.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/linalg/matrix.h"
#include "akin/text/bert/network.h"
#include "akin/text/bert/tokenizer.h"

namespace akin {

namespace bert {

/// How the vectors of tokens become that of the text: their mean, or that of the first token, [CLS] or <s>.
enum class Pooling { kMean, kFirst };

struct SentenceSettings {
  Pooling pooling = Pooling::kMean;
  bool normalize = true;  ///< vectors of length 1
  std::size_t most_tokens =
      512;                  ///< of a longer text only the beginning is read; the two special tokens count
  std::string prefix = {};  ///< put before each text, such as "query: "
  /// Where the model comes from: a JSON object with `origin`, `license`, `model_type` and `files`, each with its sha256.
  std::string manifest = "{}";
};

/// Reimers & Gurevych, "Sentence-BERT" (2019): immutable; const calls are safe from many threads.
class SentenceEncoder {
 public:
  /// `where` is named in errors. Throws Error(kBadData) if the parts do not fit: another number of tokens, a text
  /// longer than the network's positions.
  SentenceEncoder(Tokenizer tokenizer, Network network, SentenceSettings settings, const std::string& where);

  std::size_t dim() const { return network_.config().hidden; }
  const SentenceSettings& settings() const { return settings_; }
  const Tokenizer& tokenizer() const { return tokenizer_; }
  const Network& network() const { return network_; }
  /// Number of weights.
  std::size_t size() const;

  /// (texts, dim), the same bits for a text whatever stands beside it and at any number of threads. Texts are sorted by
  /// length and packed without padding. Throws Error(kCancelled).
  Matrix encode(std::span<const std::string> texts, const Context& context) const;

  /// Stores what load() needs under names that begin with `prefix` and a dot. It outlives the writer.
  void save(TensorWriter& writer, const std::string& prefix) const;
  /// Throws Error(kBadData). Without `precision` that of the file.
  static SentenceEncoder load(const TensorReader& reader, const std::string& prefix,
                              std::optional<Precision> precision = std::nullopt);

 private:
  void pool(Rows<const float> states, std::size_t tokens, std::span<float> out) const;

  Tokenizer tokenizer_;
  Network network_;
  SentenceSettings settings_;
};

}  // namespace bert
}  // namespace akin
