// A layer of a net as an encoder of texts.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/id_map.h"
#include "akin/encode/encoder_steps.h"
#include "akin/nets/net_predictor.h"

namespace akin {

/// The values of a layer for the words of an item, of a net that learned from the words (UAX 29, in lower case) either
/// what an attribute says of the item, or, without a target, the words themselves (an autoencoder with the multinomial
/// likelihood of Liang et al. 2018). The net reads one list of indices: word + 1, 0 = none; words that no item learned
/// from has are left out. Encodes one item after the other, so that a vector does not depend on the batch.
class NetEncoder final : public ContentEncoder {
 public:
  struct Config : EncoderSteps {
    std::string fields = "title";
    std::string file;
    std::string layer;
    std::string target;
    int factors = 64;
    int epochs = -1;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "net";
  static constexpr std::string_view kSummary =
      "a layer of a net trained on the items' words (your own TOML file)";
  /// Throws Error(kBadData) also where the target has fewer than two different values.
  static std::unique_ptr<ContentEncoder> fit(const EncoderInput& input, const Config& config,
                                             const Context& context);
  static std::unique_ptr<ContentEncoder> load(const TensorReader& reader, const std::string& prefix);

  NetEncoder(std::vector<std::string> fields, IdMap words, std::unique_ptr<nets::NetPredictor> net,
             std::string layer);
  std::string_view name() const override { return kName; }
  std::size_t dim() const override { return dim_; }
  bool is_sparse() const override { return false; }
  const std::vector<std::string>& fields() const override { return fields_; }
  void save(TensorWriter& writer, const std::string& prefix) const override;

 private:
  Matrix vectors_of(const ItemContent& items, const Context& context) const override;
  std::vector<std::string> fields_;
  IdMap words_;
  std::unique_ptr<nets::NetPredictor> net_;
  std::string layer_;
  std::size_t dim_;
};

}  // namespace akin
