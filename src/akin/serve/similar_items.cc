#include "akin/serve/similar_items.h"

#include <algorithm>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/data/id_list.h"
#include "akin/store/embeddings_file.h"
#include "akin/store/embeddings_reader.h"

namespace akin {
namespace {

/// The ids as they were before `akin export --escape` wrote them, if all of them may be what it writes and one is
/// escaped: other programs leave a % as it is.
IdMap real_names(IdMap ids) {
  IdMap names;
  bool escaped = false;
  for (idx_t i = 0; i < ids.size(); ++i) {
    const std::string name = unescaped_word(ids.id(i));
    if (escaped_word(name) != ids.id(i)) return ids;
    escaped = escaped || name != ids.id(i);
    names.add(name);
  }
  return escaped ? names : ids;
}

}  // namespace

SimilarItems::SimilarItems(std::string path, std::vector<AttributeFilter> filters, std::string part)
    : path_(std::move(path)), filters_(std::move(filters)), part_(std::move(part)) {
  if (file_kind(path_) == "model") {
    service_.emplace(load_bundle(path_));
    if (!part_.empty()) static_cast<void>(part_of(service_->bundle(), part_));
    return;
  }
  ReadEmbeddings read = read_embeddings(path_);
  if (!part_.empty())
    fail(ErrorCode::kUsage, "{}: a file of vectors has no parts; leave out --part {}", path_, part_);
  if (!filters_.empty())
    fail(ErrorCode::kUsage, "{}: a file of vectors has no attributes; filters are for trained models", path_);
  items_only_.items = real_names(std::move(read.ids));
  space_.emplace(items_only_.items, std::move(read.vectors));
}

idx_t SimilarItems::find(const std::string& id) const {
  if (const auto found = find_id(dataset().items, id)) return *found;
  return space_ ? space_->at(id) : dataset().items.at(id, "item");
}

void SimilarItems::ask_for(Relation relation, const std::string& types) {
  if (relation == Relation::kSimilar) return;
  if (!service_) {
    fail(ErrorCode::kUsage,
         "{}: a file of vectors does not tell substitutes from complements; give a trained model", path_);
  }
  if (!part_.empty())
    fail(ErrorCode::kUsage, "substitutes and complements are of the model: leave out --part {}", part_);
  relation_ = relation;
  related_.emplace(service_->bundle(), types);
  if (!filters_.empty()) allowed_ = service_->allowed_items({.filters = filters_});
}

void SimilarItems::search_by(Distance distance, const std::optional<LshConfig>& lsh, const Context& context) {
  if (!part_.empty())
    fail(ErrorCode::kUsage, "near vectors are looked for among those of the model: leave out --part {}",
         part_);
  if (service_) {
    static_cast<void>(space());  // throws where there are none
    vectors_ = item_embedding(service_->bundle());
  } else {
    // The vectors in memory have length 1, which cosines do not mind.
    vectors_ = distance == Distance::kCosine ? space_->vectors().clone() : read_embeddings(path_).vectors;
  }
  allowed_.assign(vectors_.rows(), 1);
  if (!filters_.empty()) allowed_ = service_->allowed_items({.filters = filters_});
  for (std::size_t i = 0; i < vectors_.rows(); ++i) {
    if (is_zero(vectors_[i])) allowed_[i] = 0;
  }
  exact_.emplace(vectors_, distance);
  if (lsh) lsh_.emplace(vectors_, distance, *lsh, context);
}

SearchFacts SimilarItems::measure(std::size_t k, const Context& context) const {
  AKIN_ASSERT(lsh_);
  constexpr std::size_t kAsked = 500;
  std::vector<idx_t> items;
  for (idx_t i = 0; i < allowed_.size(); ++i) {
    if (allowed_[i] != 0) items.push_back(i);
  }
  Rng(context.seed, 0x6D656173).shuffle(std::span(items));
  items.resize(std::min(items.size(), kAsked));
  SearchFacts facts{.asked = items.size(), .memory = lsh_->memory()};
  std::size_t wanted = 0, found = 0, scored = 0;
  for (const idx_t item : items) {
    context.check_stop();
    std::size_t count = 0;
    const std::vector<Scored> exact = exact_->nearest(vectors_.row(item), k + 1, allowed_);
    const std::vector<Scored> near = lsh_->nearest(vectors_.row(item), k + 1, allowed_, &count);
    for (const Scored& entry : exact) {
      if (entry.idx == item) continue;
      ++wanted;
      found += std::ranges::find(near, entry.idx, &Scored::idx) != near.end() ? 1 : 0;
    }
    scored += count;
  }
  if (wanted > 0) facts.recall = static_cast<double>(found) / static_cast<double>(wanted);
  if (!items.empty()) facts.scored = static_cast<double>(scored) / static_cast<double>(items.size());
  return facts;
}

std::vector<Scored> SimilarItems::similar(idx_t item, std::size_t k) const {
  if (related_) return related_->list(relation_, item, k, allowed_);
  if (exact_) {
    const float* const query = vectors_.row(item);
    if (is_zero(vectors_[item])) return {};
    std::vector<Scored> near =
        lsh_ ? lsh_->nearest(query, k + 1, allowed_) : exact_->nearest(query, k + 1, allowed_);
    std::erase_if(near, [&](const Scored& entry) { return entry.idx == item; });
    if (near.size() > k) near.resize(k);
    return near;
  }
  if (service_) return service_->similar(std::string(dataset().items.id(item)), k, filters_, part_);
  return space_->nearest(std::span(&item, 1), {}, k);
}

std::vector<Scored> SimilarItems::nearest(std::span<const idx_t> plus, std::span<const idx_t> minus,
                                          std::size_t k) {
  if (!part_.empty())
    fail(ErrorCode::kUsage,
         "several items (--item, --plus, --minus) add up vectors of the model: leave out --part {}", part_);
  const VectorSpace& vectors = space();
  if (filters_.empty()) return vectors.nearest(plus, minus, k);
  return vectors.nearest(plus, minus, k, service_->allowed_items({.filters = filters_}));
}

const Service& SimilarItems::service() const {
  if (!service_)
    fail(ErrorCode::kUsage,
         "{}: a file of vectors knows items only; users, texts and new items need a trained model", path_);
  return *service_;
}

const VectorSpace& SimilarItems::space() {
  if (!space_) {
    const Bundle& bundle = service_->bundle();
    if (bundle.model->embedding_dim() == 0) {
      fail(ErrorCode::kUsage, "{}: model {} has no vectors to add or subtract; train another, such as als",
           path_, bundle.entry->name);
    }
    space_.emplace(bundle.dataset.items, item_embedding(bundle));
  }
  return *space_;
}

}  // namespace akin
