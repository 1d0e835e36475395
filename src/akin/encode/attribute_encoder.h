// Vectors of metadata: which brand, category and tags an item has, and its numbers.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/id_map.h"
#include "akin/encode/encoder_steps.h"

namespace akin {

/// Each value of a category and each element of a list is a dimension, such as "brand=Dove"; numbers and dates are
/// one dimension each, standardized. A field of several values counts as much as one of a single value: each field
/// with a value has length 1 before the row is made of length 1.
class AttributeEncoder final : public ContentEncoder {
 public:
  struct Config : EncoderSteps {
    std::string fields = "";
    std::string weighting = "idf";
    bool paths = false;
    int hash_bits = 0;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "attributes";
  static constexpr std::string_view kSummary = "brands, categories, tags and numbers as dimensions";
  static std::unique_ptr<ContentEncoder> fit(const EncoderInput& input, const Config& config,
                                             const Context& context);
  static std::unique_ptr<ContentEncoder> load(const TensorReader& reader, const std::string& prefix);

  std::string_view name() const override { return kName; }
  std::size_t dim() const override { return values_of_columns() + numbers_.size(); }
  static constexpr bool kSparse = true;
  bool is_sparse() const override { return true; }
  const std::vector<std::string>& fields() const override { return fields_; }
  std::string dimension(std::size_t column) const override;
  void save(TensorWriter& writer, const std::string& prefix) const override;

 private:
  Csr sparse_vectors_of(const ItemContent& items, const Context& context) const override;
  struct Number {  // one of fields_
    std::size_t field = 0;
    float mean = 0, deviation = 1;
  };
  std::size_t values_of_columns() const {
    return hash_bits_ > 0 ? std::size_t{1} << hash_bits_ : values_.size();
  }
  bool is_number(std::size_t field) const;
  float number_of(std::size_t field, std::string_view text) const;
  /// The names of the value's dimensions, such as "category=Hair".
  void append_names(std::size_t field, std::string_view text, std::vector<std::string>& names) const;
  void learn_number(const EncoderInput& input, std::size_t field);

  std::vector<std::string> fields_;
  std::vector<AttributeType> types_;  // by field
  bool paths_ = false;
  int hash_bits_ = 0;
  IdMap values_;            // names of dimensions; empty if they are hashed
  std::vector<float> idf_;  // by dimension of a value
  std::vector<Number> numbers_;
};

}  // namespace akin
