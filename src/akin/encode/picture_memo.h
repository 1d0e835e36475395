// Vectors of pictures that need not be computed again.
#pragma once

#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace akin {

/// Vectors by path, before steps such as whitening, for fits that look at the same pictures in the same way: those of a
/// cross-validation. Safe from many threads.
class PictureMemo {
 public:
  /// The first row that is given for a path stays.
  void put(std::string_view path, std::span<const float> row);
  /// nullptr if there is none. The row stays where it is.
  const std::vector<float>* find(std::string_view path) const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::vector<float>> rows_;
};

}  // namespace akin
