// Any model of texts as an encoder of items.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/encode/encoder_steps.h"
#include "akin/text/text_model.h"

namespace akin {

/// TextModel::vectors() of the words of an item: of all its fields one after the other.
class TextModelEncoder : public ContentEncoder {
 public:
  /// What a text model as an encoder is asked besides the model's parameters.
  struct Fields : EncoderSteps {
    std::string fields = "title";
    std::string target = "category";
    void add_params(std::vector<Param>& params);
  };

  TextModelEncoder(std::vector<std::string> fields, std::unique_ptr<TextModel> model)
      : fields_(std::move(fields)), model_(std::move(model)) {}
  std::string_view name() const override { return model_->name(); }
  std::size_t dim() const override { return model_->dim(); }
  bool is_sparse() const override { return false; }
  const std::vector<std::string>& fields() const override { return fields_; }
  void save(TensorWriter& writer, const std::string& prefix) const override;

  /// The texts of the items to learn from that have both words and a value of the target: a class, or a number if the
  /// attribute is one. Throws Error(kBadData) for fewer than two different values.
  static LabelledTexts texts_of(const EncoderInput& input, const std::vector<std::string>& fields,
                                const std::string& target, std::string_view model);

 protected:
  const TextModel& model() const { return *model_; }

 private:
  Matrix vectors_of(const ItemContent& items, const Context& context) const override;

  std::vector<std::string> fields_;
  std::unique_ptr<TextModel> model_;
};

/// The encoder of a class of text models, for the list in encoders.cc.
template <typename M>
struct TextModelEncoderOf {
  struct Config {
    typename M::Config model;
    TextModelEncoder::Fields of_items;
    std::vector<Param> params() {
      std::vector<Param> params;
      of_items.add_params(params);
      for (Param& param : model.params()) params.push_back(std::move(param));
      return params;
    }
  };
  static constexpr std::string_view kName = M::kName;
  static constexpr std::string_view kSummary = M::kSummary;

  static std::unique_ptr<ContentEncoder> fit(const EncoderInput& input, const Config& config,
                                             const Context& context) {
    std::vector<std::string> fields = parse_fields(config.of_items.fields, input.content, kName);
    const LabelledTexts texts = TextModelEncoder::texts_of(input, fields, config.of_items.target, kName);
    auto model = M::fit({.texts = texts, .words = input.words}, config.model, context);
    return with_steps(std::make_unique<TextModelEncoder>(std::move(fields), std::move(model)),
                      config.of_items, input, context);
  }
  static std::unique_ptr<ContentEncoder> load(const TensorReader& reader, const std::string& prefix) {
    auto model = M::load(reader, prefix + ".model");
    return read_steps(
        std::make_unique<TextModelEncoder>(read_texts(reader, prefix + ".fields"), std::move(model)), reader,
        prefix);
  }
};

/// A model that `akin text train` wrote, as an encoder: it learns nothing from the items but the steps behind it.
class TrainedTextEncoder final : public TextModelEncoder {
 public:
  struct Config : EncoderSteps {
    std::string file;
    std::string fields = "title";
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "text-model";
  static constexpr std::string_view kSummary = "a model of texts that `akin text train` wrote";
  static std::unique_ptr<ContentEncoder> fit(const EncoderInput& input, const Config& config,
                                             const Context& context);
  static std::unique_ptr<ContentEncoder> load(const TensorReader& reader, const std::string& prefix);

  using TextModelEncoder::TextModelEncoder;
  std::string_view name() const override { return kName; }
  void save(TensorWriter& writer, const std::string& prefix) const override;
};

}  // namespace akin
