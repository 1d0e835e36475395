#include "akin/fusion/source_tower.h"

#include "akin/base/safetensors.h"

namespace akin {

Matrix SourceTower::vectors_of(const ItemContent& items, const Context& context) const {
  return whitened_rows(tower_->encode(items, context), whitening_.mean, whitening_.weights, context);
}

void SourceTower::save(TensorWriter& writer, const std::string& prefix) const {
  tower_->save(writer, prefix);
  writer.tensor(prefix + ".mean", whitening_.mean);
  write_matrix(writer, prefix + ".whitening", whitening_.weights);
}

std::shared_ptr<const SourceTower> SourceTower::read(const TensorReader& reader, const std::string& prefix) {
  std::shared_ptr<const ContentTower> tower = ContentTower::read(reader, prefix);
  const std::size_t d = tower->dim();
  Whitening whitening;  // what is not there is stored without rows
  if (reader.shape(prefix + ".mean").at(0) > 0) whitening.mean = reader.vector<float>(prefix + ".mean", d);
  if (reader.shape(prefix + ".whitening").at(0) > 0)
    whitening.weights = read_matrix(reader, prefix + ".whitening", d, d);
  return std::make_shared<SourceTower>(std::move(tower), std::move(whitening));
}

}  // namespace akin
