// A pretrained transformer as an encoder of items.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/encode/encoder_steps.h"
#include "akin/text/bert/sentence_encoder.h"

namespace akin {

/// The vector of the item's texts, one behind the other with a blank between them, by a model that
/// bert::import_model() read: it learns nothing from the items but the steps behind it.
class PretrainedEncoder final : public ContentEncoder {
 public:
  struct Config : EncoderSteps {
    std::string file;
    std::string fields;
    std::string precision;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "pretrained";
  static constexpr std::string_view kSummary =
      "a transformer that `akin encoder import` read (BERT, MiniLM, e5)";
  static std::unique_ptr<ContentEncoder> fit(const EncoderInput& input, const Config& config,
                                             const Context& context);
  static std::unique_ptr<ContentEncoder> load(const TensorReader& reader, const std::string& prefix);

  PretrainedEncoder(std::vector<std::string> fields, bert::SentenceEncoder model)
      : fields_(std::move(fields)), model_(std::move(model)) {}
  std::string_view name() const override { return kName; }
  std::size_t dim() const override { return model_.dim(); }
  bool is_sparse() const override { return false; }
  const std::vector<std::string>& fields() const override { return fields_; }
  void save(TensorWriter& writer, const std::string& prefix) const override;
  const bert::SentenceEncoder& model() const { return model_; }

 private:
  Matrix vectors_of(const ItemContent& items, const Context& context) const override;

  std::vector<std::string> fields_;
  bert::SentenceEncoder model_;
};

}  // namespace akin
