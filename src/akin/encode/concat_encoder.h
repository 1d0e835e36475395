// Several encoders of one item.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/encode/encoder_steps.h"
#include "akin/encode/encoders.h"

namespace akin {

/// An encoder by name, with parameters.
struct EncoderPart {
  std::string name;
  ParamValues params = {};
};
/// "tfidf fields=title svd=64; attributes fields=brand" -> two. Names are those of encoders() but "concat". Throws
/// Error(kUsage).
std::vector<EncoderPart> parse_encoder_parts(std::string_view text);
/// Adds fields=FIELDS where a part takes fields and names none; "" = nothing.
void set_fields(std::vector<EncoderPart>& parts, const std::string& fields);

/// The vectors of several encoders side by side. An item that one of them knows nothing of has zeros there.
class ConcatEncoder final : public ContentEncoder {
 public:
  struct Config : EncoderSteps {
    std::string parts = "tfidf";
    std::string fields;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "concat";
  static constexpr std::string_view kSummary = "the vectors of several encoders, side by side";
  static std::unique_ptr<ContentEncoder> fit(const EncoderInput& input, const Config& config,
                                             const Context& context);
  static std::unique_ptr<ContentEncoder> load(const TensorReader& reader, const std::string& prefix);
  /// Fits each part; a single one is returned as it is.
  static std::unique_ptr<ContentEncoder> fit_parts(const EncoderInput& input,
                                                   const std::vector<EncoderPart>& parts,
                                                   const Context& context);

  explicit ConcatEncoder(std::vector<std::unique_ptr<ContentEncoder>> parts);
  std::string_view name() const override { return kName; }
  std::size_t dim() const override { return dim_; }
  bool is_sparse() const override { return false; }
  /// All of them do.
  bool reads_pictures() const override;
  const std::vector<std::string>& fields() const override { return fields_; }
  std::string dimension(std::size_t d) const override;
  void save(TensorWriter& writer, const std::string& prefix) const override;

 private:
  Matrix vectors_of(const ItemContent& items, const Context& context) const override;

  std::vector<std::unique_ptr<ContentEncoder>> parts_;
  std::size_t dim_ = 0;
  std::vector<std::string> fields_;  // of all, each once
};

}  // namespace akin
