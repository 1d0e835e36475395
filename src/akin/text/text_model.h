// Models of texts: a class or a number for each text, and its vector.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/id_map.h"
#include "akin/linalg/matrix.h"

namespace akin {

class TensorReader;  // base/safetensors.h
class TensorWriter;

/// Texts and what is to be learned of them: classes, or numbers (a regression).
struct LabelledTexts {
  std::vector<std::string> texts;  ///< valid UTF-8
  IdMap classes;                   ///< in order of first appearance; empty: numbers
  std::vector<idx_t> labels;       ///< of each text, an index of `classes`; of a regression empty
  std::vector<float> numbers;      ///< of each text; of classes empty

  std::size_t size() const { return texts.size(); }
  bool has_classes() const { return classes.size() != 0; }
};

/// What a part of a text adds to the score of a class.
struct TextPart {
  std::string text;  ///< as it stands in the text
  double score = 0;
};

/// base + the sum of parts = the score: the logit of a class, or a predicted number.
struct TextExplanation {
  double base = 0;
  std::vector<TextPart> parts;  ///< largest |score| first
};

/// A fitted model of texts: immutable; const calls are safe from many threads. What it says of a text depends on the
/// text alone, not on the others of a call, to the last bit at any number of threads.
class TextModel {
 public:
  virtual ~TextModel() = default;
  virtual std::string_view name() const = 0;
  /// In the order of the columns of predict(); empty: it predicts a number.
  virtual const std::vector<std::string>& classes() const = 0;
  /// (texts, classes) probabilities, each row with sum 1; of a regression (texts, 1). Throws Error(kCancelled).
  virtual Matrix predict(std::span<const std::string_view> texts, const Context& context) const = 0;
  /// Length of a vector.
  virtual std::size_t dim() const = 0;
  /// (texts, dim) values of the last layer before the scores; zeros for a text without a known word.
  virtual Matrix vectors(std::span<const std::string_view> texts, const Context& context) const = 0;
  /// Of a class (of a regression 0); nothing where the score is no sum over parts of the text.
  virtual std::optional<TextExplanation> explain(std::string_view text, std::size_t label) const;
  /// The parts of texts that say most for a class (of a regression 0: for a large number), with what each adds to its
  /// score, largest first, at most `count`; empty where there is no such list.
  virtual std::vector<TextPart> telling(std::size_t label, std::size_t count) const;
  /// Stores what load() of the same class needs, under names beginning with `prefix`. It outlives the writer.
  virtual void save(TensorWriter& writer, const std::string& prefix) const = 0;
};

// A class M of text models gives, beside the virtual functions:
//   struct Config { ...fields with defaults...; std::vector<Param> params(); };
//   static constexpr std::string_view kName = "text-linear", kSummary = "one line (paper)";
//   static std::unique_ptr<TextModel> fit(const TextFitInput& input, const Config& config, const Context& context);
//   static std::unique_ptr<TextModel> load(const TensorReader& reader, const std::string& prefix);

struct WordVectors;  // text/word_weighting.h

/// What a fit of a text model gets besides its parameters.
struct TextFitInput {
  const LabelledTexts& texts;
  const LabelledTexts* validation =
      nullptr;                         ///< for early stopping; classes in the same order as those of `texts`
  const WordVectors* words = nullptr;  ///< pretrained, of models that look at them
  /// Of models fitted in epochs: file that keeps the last whole epoch; "" = none. With `resume` the fit continues from
  /// it, if it is there, and the model is bit for bit that of a fit that was never stopped. `identity` says by name what
  /// must be the same for that, such as {"seed", "7"}.
  std::string checkpoint = {};
  bool resume = false;
  std::map<std::string, std::string> identity = {};
};

}  // namespace akin
