#include "akin/nets/pairs/ncf_source.h"

#include <numeric>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

enum Stream : std::uint64_t { kOrder = 31, kNegatives };

}  // namespace

NcfSource::NcfSource(const Csr& pairs, std::size_t negatives, std::uint64_t seed, std::string_view model)
    : pairs_(pairs), negatives_(negatives), seed_(seed) {
  if (size() > 0xFFFFFFFF) {
    fail(ErrorCode::kBadData, "{}: {} pairs with {} negatives each are more than 2^32; take fewer negatives",
         model, pairs.values.size(), negatives);
  }
  order_.resize(size());
  for (std::size_t user = 0; user < pairs.rows(); ++user)
    user_of_.resize(pairs.offsets[user + 1], static_cast<idx_t>(user));
  if (negatives == 0) return;
  all_items_.resize(pairs.cols);
  std::iota(all_items_.begin(), all_items_.end(), idx_t{0});
  sampler_.emplace(pairs);
}

void NcfSource::start_epoch(int epoch) {
  const auto number = static_cast<std::uint64_t>(epoch);
  std::iota(order_.begin(), order_.end(), 0u);
  Rng(Rng::mix(seed_ + kOrder), number).shuffle(std::span(order_));
  if (!sampler_) return;
  epoch_seed_ = Rng::mix(seed_ + kNegatives + number * 0x1000);
  sampler_->start(all_items_, pairs_.values.size(), Rng(Rng::mix(seed_ + kNegatives), number).next());
  for (std::size_t e = 0; e < pairs_.values.size(); ++e) sampler_->add(user_of_[e], pairs_.indices[e]);
}

void NcfSource::read(std::span<const std::uint32_t> samples, std::span<idx_t> users, std::span<idx_t> items,
                     std::span<float> targets) const {
  for (std::size_t s = 0; s < samples.size(); ++s) {
    const std::uint32_t sample = samples[s];
    const std::size_t entry = sample / (negatives_ + 1);
    users[s] = user_of_[entry];
    items[s] = pairs_.indices[entry];
    if (!sampler_) {
      targets[s] = pairs_.values[entry];
      continue;
    }
    targets[s] = 1;
    if (sample % (negatives_ + 1) == 0) continue;
    Rng rng(epoch_seed_, sample);
    if (const auto item = sampler_->draw(users[s], rng)) {  // else the user has chosen all there is
      items[s] = *item;
      targets[s] = 0;
    }
  }
}

}  // namespace akin
