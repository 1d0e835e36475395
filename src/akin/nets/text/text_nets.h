// The kinds of nets on words.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "akin/nets/text/text_net.h"

namespace akin::nets {

/// Kim, "Convolutional neural networks for sentence classification", EMNLP 2014: filters of several widths over the
/// words' vectors, the greatest value of each, dropout, and a layer whose classes have weights of bounded length.
class TextCnn {
 public:
  struct Config : TextNetConfig {
    std::string widths = "3,4,5";
    int filters = 100;
    float max_norm = 3;
    Config();
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "text-cnn";
  static constexpr std::string_view kSummary =
      "convolutions over words and the greatest value of each (Kim 2014)";
  static std::unique_ptr<TextModel> fit(const TextFitInput& input, const Config& config,
                                        const Context& context);
  static std::unique_ptr<TextModel> load(const TensorReader& reader, const std::string& prefix);
};

/// Kalchbrenner, Grefenstette & Blunsom, "A convolutional neural network for modelling sentences", ACL 2014: wide
/// convolutions, folding, and pools that keep the k greatest values in their order, k by the text's length. Its filters go over
/// all dimensions of a word at once, not over each by itself.
class Dcnn {
 public:
  struct Config : TextNetConfig {
    std::string widths = "7,5";
    int filters = 100;
    int top_k = 4;
    Config();
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "dcnn";
  static constexpr std::string_view kSummary =
      "wide convolutions, folding and dynamic k-max pools (Kalchbrenner et al. 2014)";
  static std::unique_ptr<TextModel> fit(const TextFitInput& input, const Config& config,
                                        const Context& context);
  static std::unique_ptr<TextModel> load(const TensorReader& reader, const std::string& prefix);
};

/// Parameters of the three recurrent nets.
struct RecurrentTextConfig : TextNetConfig {
  int units = 100;
  std::string pool = "last";
  bool bidirectional = false;
  std::vector<Param> params();
};

/// A layer of kind `Layer` over the words' vectors, and its last state, or the greatest or mean of its states. With
/// `bidirectional` another layer reads them from the last to the first, and its states stand beside those of the first
/// (Schuster & Paliwal, "Bidirectional recurrent neural networks", IEEE Transactions on Signal Processing 1997).
template <nn::LayerKind Layer>
class RecurrentText {
 public:
  using Config = RecurrentTextConfig;
  static constexpr std::string_view kName = Layer == nn::LayerKind::kRnn   ? "text-rnn"
                                            : Layer == nn::LayerKind::kGru ? "text-gru"
                                                                           : "text-lstm";
  static constexpr std::string_view kSummary =
      Layer == nn::LayerKind::kRnn ? "a simple recurrent net over words (Elman 1990)"
      : Layer == nn::LayerKind::kGru
          ? "a net of gated recurrent units over words (Cho et al. 2014)"
          : "a net with long short-term memory over words (Hochreiter & Schmidhuber 1997)";
  static std::unique_ptr<TextModel> fit(const TextFitInput& input, const Config& config,
                                        const Context& context);
  static std::unique_ptr<TextModel> load(const TensorReader& reader, const std::string& prefix);
};
using TextRnn = RecurrentText<nn::LayerKind::kRnn>;
using TextLstm = RecurrentText<nn::LayerKind::kLstm>;
using TextGru = RecurrentText<nn::LayerKind::kGru>;

/// A small encoder of Vaswani et al. 2017 with learned positions, and the mean over the words.
class TextTransformer {
 public:
  struct Config : TextNetConfig {
    int layers = 2;
    int heads = 4;
    Config();
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "text-transformer";
  static constexpr std::string_view kSummary = "a small transformer over words (Vaswani et al. 2017)";
  static std::unique_ptr<TextModel> fit(const TextFitInput& input, const Config& config,
                                        const Context& context);
  static std::unique_ptr<TextModel> load(const TensorReader& reader, const std::string& prefix);
};

}  // namespace akin::nets
