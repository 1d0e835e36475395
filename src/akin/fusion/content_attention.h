// Attention nets whose items are made of their content: what comes next, also of items that nobody has had.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "akin/encode/content_encoder.h"
#include "akin/models/fit/context.h"
#include "akin/models/model.h"
#include "akin/nets/sequence/hstu.h"
#include "akin/nets/sequence/sasrec.h"

namespace akin {

/// What is asked of the content.
struct ContentOptions {
  std::string content = "tfidf";
  std::string fields;
  float max_delta = 0.5F;
  float delta_shrinkage = 0;
  void add_params(std::vector<Param>& params);
};

/// An attention net (attention::AttentionModel) over the whole catalogue, in which the vector of item i is
///
///   e_i = f_i W + delta_i,    |delta_i| <= max_delta sqrt(n_i / (n_i + delta_shrinkage)), n_i = events of i in training
///
/// f_i are the vectors of the item's content by one or more encoders, whitened (Zhang et al., "Are ID embeddings necessary?
/// Whitening pre-trained text embeddings for effective sequential recommendation", 2024) and frozen; W is trained with the
/// net, and so are the deltas ("Let it go? Not quite", 2025). An item without training events has delta 0: it is read in
/// histories and scored like any other. Items without content have a vector of their own, without bound, if they have
/// events; with neither they are below all others. Sparse encoders are reduced to 128 dimensions unless told otherwise.
class ContentAttention : public Model {
 public:
  ~ContentAttention() override;
  const Matrix& item_vectors() const override { return net_->item_vectors(); }
  const Matrix& embeddings() const override { return net_->embeddings(); }
  std::size_t embedding_dim() const override { return net_->embedding_dim(); }
  bool user_vector(const Query& query, std::span<float> out) const override {
    return net_->user_vector(query, out);
  }
  const ContentEncoder* encoder() const override { return encoder_.get(); }
  /// By cosine with e = f W.
  std::vector<std::vector<Scored>> similar_to(const ItemContent& items, std::size_t k) const override;
  void save(TensorWriter& writer) const override;

  const attention::AttentionModel& net() const { return *net_; }

 protected:
  ContentAttention() = default;
  void fit_to(const TrainingData& data, attention::BlockKind block, const attention::AttentionConfig& config,
              const ContentOptions& options, std::string_view name, const FitContext& context);
  void restore(const TensorReader& reader, std::size_t n_items);

 private:
  std::shared_ptr<const ContentEncoder> encoder_;
  std::unique_ptr<attention::AttentionModel> net_;
};

/// What each of them is called.
template <typename Base>
struct ContentAttentionName;
template <>
struct ContentAttentionName<Sasrec> {
  static constexpr std::string_view kName = "content-sasrec";
  static constexpr std::string_view kSummary = "sasrec with items made of their content, new ones too";
};
template <>
struct ContentAttentionName<Hstu> {
  static constexpr std::string_view kName = "content-hstu";
  static constexpr std::string_view kSummary = "hstu with items made of their content, new ones too";
};

/// Base with content.
template <typename Base>
class ContentAttentionOf final : public ContentAttention {
 public:
  struct Config : Base::Config {
    ContentOptions of_content;
    std::vector<Param> params() {
      std::vector<Param> params = Base::Config::params();
      of_content.add_params(params);
      return params;
    }
  };
  static constexpr std::string_view kName = ContentAttentionName<Base>::kName;
  static constexpr std::string_view kSummary = ContentAttentionName<Base>::kSummary;
  static constexpr Traits kTraits = {.uses_order = true,
                                     .uses_times = Base::kTraits.uses_times,
                                     .iterative = true,
                                     .warm_start = true,
                                     .uses_content = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context) {
    std::unique_ptr<ContentAttentionOf> model(new ContentAttentionOf());
    model->fit_to(data, Base::block_of(config), config, config.of_content, kName, context);
    return model;
  }
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t, std::size_t n_items) {
    std::unique_ptr<ContentAttentionOf> model(new ContentAttentionOf());
    model->restore(reader, n_items);
    return model;
  }

 private:
  ContentAttentionOf() = default;
};

}  // namespace akin
