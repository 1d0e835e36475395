// Nets without some of the users they were trained on.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "akin/base/safetensors.h"
#include "akin/data/select_users.h"
#include "akin/nets/net_data.h"

namespace akin::nets {

/// The file of a net without the ids of some users, their rows of the embeddings that read them, and what the
/// optimizer remembers of these rows. The other users keep their rows; all other weights, which the users
/// took part in training, stay. Nets of tables and of texts hold no ids of users.
class NetWithoutUsers {
 public:
  /// Throws Error(kBadData) if another kind of layer reads the users, whose weights cannot be separated by
  /// user, or if nobody else is left.
  NetWithoutUsers(const std::string& path, UserIds& ids);
  /// How many of the users the net knew.
  std::uint64_t removed() const { return removed_; }
  /// Throws Error(kIo).
  void save(const std::string& path) const;

 private:
  /// An embedding that reads users.
  struct Table {
    std::string layer;
    std::size_t n_rows;
    std::vector<std::size_t> rows;  ///< that stay
  };
  std::size_t stored_rows(const std::string& layer) const;
  std::vector<nn::NamedArray> arrays(const std::string& prefix) const;
  std::string layers() const;

  TensorReader reader_;
  std::optional<std::pair<NetDataSettings, NetIds>> data_;
  std::vector<Table> tables_;
  std::map<std::string, std::size_t> rows_;  // of the layers that read these tables, own or shared
  std::uint64_t removed_ = 0;
};

}  // namespace akin::nets
