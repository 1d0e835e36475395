// The rows of users in the tables of a net.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "akin/data/id_map.h"
#include "akin/nn/array.h"
#include "akin/nn/net_spec.h"

namespace akin::nets {

/// The table that an embedding or a bag of them computes with, its own or another layer's (weights_of); nullopt for
/// other layers, and for one-hot vectors.
std::optional<nn::WeightRef> table_of(const nn::NetSpec& spec, std::size_t layer);

/// What a net knows of single users.
struct UserTables {
  std::vector<std::string> readers;  ///< layers that read the users: they have a row for each
  std::vector<std::string> owners;   ///< those of them whose weights `embeddings` the rows are
  /// A layer through which users and all else depend on each other, if there is one: it reads the users, but without a
  /// learned table of rows, or it shares their table without reading them.
  std::string entangled;
};
/// Of the input layers `inputs`, whose indices are those of users.
UserTables user_tables(const nn::NetSpec& spec, const std::vector<std::size_t>& inputs);
/// The same; throws Error(kBadData) naming `where` if users cannot be separated.
UserTables separable_user_tables(const nn::NetSpec& spec, const std::vector<std::size_t>& inputs,
                                 const std::string& where);

/// Rows of a table whose row 0 stands for nobody and row i + 1 for id i, if only the ids `kept` of `n_ids` stay; rows
/// behind those of the ids stay too.
std::vector<std::size_t> kept_rows(const std::vector<idx_t>& kept, std::size_t n_ids, std::size_t n_rows);

/// Keeps these rows of a table.
void select_rows(nn::NamedArray& array, const std::vector<std::size_t>& rows);

}  // namespace akin::nets
