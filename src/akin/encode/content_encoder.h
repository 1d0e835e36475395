// From the content of items to vectors.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/base/context.h"
#include "akin/base/param.h"
#include "akin/data/item_content.h"
#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

struct TrainingData;  // data/dataset.h
class TensorReader;   // base/safetensors.h
class TensorWriter;
struct WordVectors;  // text/word_weighting.h

/// A fitted encoder: immutable; const calls are safe from many threads. The vector of an item depends on its
/// content and on what fit() learned only: a batch gives each item the bits that it has alone, at any number
/// of threads. An item without any content that the encoder knows has a vector of zeros.
class ContentEncoder {
 public:
  virtual ~ContentEncoder() = default;
  virtual std::string_view name() const = 0;
  virtual std::size_t dim() const = 0;
  /// Whether encode_sparse() is the natural form: thousands of dimensions, few of them in an item.
  virtual bool is_sparse() const = 0;
  /// (items, dim), columns ascending within a row. Only of encoders that are sparse. Throws Error(kCancelled), and
  /// Error(kBadData) if a number is not finite: a file may hold finite numbers whose sums are too large.
  Csr encode_sparse(const ItemContent& items, const Context& context) const;
  /// (items, dim). Of a sparse encoder the same in full. Throws as encode_sparse().
  Matrix encode(const ItemContent& items, const Context& context) const;
  /// Whether it looks at pictures; else at texts and numbers.
  virtual bool reads_pictures() const { return false; }
  /// The fields of content it looks at.
  virtual const std::vector<std::string>& fields() const = 0;
  /// What a dimension stands for, such as "brand=Dove"; "" if it has no meaning of its own.
  virtual std::string dimension(std::size_t) const { return ""; }
  /// Stores what load() of the same class needs, under names beginning with `prefix`. It outlives the writer.
  virtual void save(TensorWriter& writer, const std::string& prefix) const = 0;

 private:
  /// What encode_sparse() and encode() return; an encoder has the one or the other, as is_sparse() says.
  virtual Csr sparse_vectors_of(const ItemContent& items, const Context& context) const;
  virtual Matrix vectors_of(const ItemContent& items, const Context& context) const;
};

/// What a fit of an encoder gets besides its parameters.
struct EncoderInput {
  const ItemContent& content;
  /// The items to learn from, ascending; others of `content` are not looked at.
  std::span<const idx_t> items;
  const WordVectors* words = nullptr;  ///< of encoders that look at them
};

/// The items whose content an encoder may learn from, ascending: those with training events, and those that no
/// event names, which nobody holds out: their content may be known before they are sold.
std::vector<idx_t> items_to_learn_from(const TrainingData& data);

// An encoder class E gives, beside the virtual functions:
//   struct Config { ...fields with defaults...; std::vector<Param> params(); };
//   static constexpr std::string_view kName = "tfidf", kSummary = "one line (paper)";
//   static std::unique_ptr<ContentEncoder> fit(const EncoderInput& input, const Config& config,
//                                              const Context& context);
//   static std::unique_ptr<ContentEncoder> load(const TensorReader& reader, const std::string& prefix);
// fit() throws Error(kBadData) if no item has content to learn from, naming the fields there are, Error(kUsage)
// for wrong parameters, Error(kCancelled).

/// "title,brand" -> names. Throws Error(kBadData) naming the fields of `content` if one is not there and
/// Error(kUsage) if `text` names none.
std::vector<std::string> parse_fields(const std::string& text, const ItemContent& content,
                                      std::string_view encoder);
/// "title:3,brand" -> names with weights above 0; 1 where none is given. Throws as parse_fields().
struct WeightedFields {
  std::vector<std::string> names;
  std::vector<float> weights;  ///< by name
};
WeightedFields parse_weighted_fields(const std::string& text, const ItemContent& content,
                                     std::string_view encoder);
/// "title:3" -> ("title", 3); what does not end so is a name, with weight 1.
std::pair<std::string_view, float> split_field_weight(std::string_view field);

/// Texts under prefix + ".fields" and the like.
void write_texts(TensorWriter& writer, const std::string& name, const std::vector<std::string>& texts);
std::vector<std::string> read_texts(const TensorReader& reader, const std::string& name);

/// Makes each row of length 1; rows of zeros stay.
void normalize_rows(Csr& rows);

}  // namespace akin
