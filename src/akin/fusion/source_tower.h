// A trained tower as a source: it gives new items vectors, too.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "akin/encode/whitening.h"
#include "akin/fusion/content_tower.h"

namespace akin {

/// An item tower, followed by the whitening that the vectors of its source had: new items get vectors of length 1 in the
/// space of those of the catalogue.
class SourceTower final : public ContentEncoder {
 public:
  /// `whitening` may be none (whitened_rows()).
  SourceTower(std::shared_ptr<const ContentTower> tower, Whitening whitening)
      : tower_(std::move(tower)), whitening_(std::move(whitening)) {}
  /// Throws Error(kBadData).
  static std::shared_ptr<const SourceTower> read(const TensorReader& reader, const std::string& prefix);

  std::string_view name() const override { return tower_->name(); }
  std::size_t dim() const override { return tower_->dim(); }
  bool is_sparse() const override { return false; }
  bool reads_pictures() const override { return tower_->reads_pictures(); }
  const std::vector<std::string>& fields() const override { return tower_->fields(); }
  void save(TensorWriter& writer, const std::string& prefix) const override;

 private:
  Matrix vectors_of(const ItemContent& items, const Context& context) const override;

  std::shared_ptr<const ContentTower> tower_;
  Whitening whitening_;
};

}  // namespace akin
