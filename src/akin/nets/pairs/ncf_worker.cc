#include "akin/nets/pairs/ncf_worker.h"

namespace akin {

NcfWorker::NcfWorker(const NcfNet& net, const NcfTrainOptions& options)
    : batch_(net, options.objective, options.batch, OwnRows::all(net)),
      net_(net.shape, 0, 0),
      users_(options.batch, net.users.cols()),
      items_(options.batch, net.items.cols()) {}

double NcfWorker::train(const MinibatchIndex& minibatch, const NcfSource& source,
                        std::span<const std::uint32_t> samples, std::uint64_t seed,
                        NcfParameters& parameters) {
  batch_.begin(samples);
  for (std::size_t tile = 0; tile < batch_.tiles(); ++tile) batch_.read(source, tile);
  batch_.find_users();
  batch_.find_items();
  const RowGradients& users = batch_.user_gradients();
  const RowGradients& items = batch_.item_gradients();
  copies_.users.clear();
  copies_.items.clear();
  copies_.dense.clear();
  for (std::size_t k = 0; k < users.size(); ++k)
    copies_.users.push_back({users.row(k), users_.row(users.first_pair(k))});
  for (std::size_t k = 0; k < items.size(); ++k)
    copies_.items.push_back({items.row(k), items_.row(items.first_pair(k))});
  for (Matrix* const matrix : net_.dense()) copies_.dense.push_back(matrix->data());
  parameters.load(minibatch, copies_);

  transpose_layers(net_, transposed_);
  for (std::size_t s = 0; s < samples.size(); ++s) {
    batch_.user_row(s) = users_.row(users.first_like(s));
    batch_.item_row(s) = items_.row(items.first_like(s));
  }
  for (std::size_t tile = 0; tile < batch_.tiles(); ++tile) batch_.epoch(net_, transposed_, tile, seed);
  batch_.add_users();
  batch_.add_items();
  batch_.add_dense();

  gradients_.users.clear();
  gradients_.items.clear();
  gradients_.dense.clear();
  for (std::size_t k = 0; k < users.size(); ++k) gradients_.users.push_back({users.row(k), users.sum(k)});
  for (std::size_t k = 0; k < items.size(); ++k) gradients_.items.push_back({items.row(k), items.sum(k)});
  for (const Matrix& gradient : batch_.dense_gradients()) gradients_.dense.push_back(gradient.data());
  gradients_.loss = batch_.loss();
  parameters.step(minibatch, gradients_);
  return gradients_.loss;
}

}  // namespace akin
