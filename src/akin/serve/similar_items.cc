#include "akin/serve/similar_items.h"

#include "akin/base/error.h"
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

std::vector<Scored> SimilarItems::similar(idx_t item, std::size_t k) const {
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
