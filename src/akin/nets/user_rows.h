// The rows of users in the tables of a net.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "akin/data/id_map.h"
#include "akin/nn/array.h"
#include "akin/nn/net_spec.h"

namespace akin::nets {

/// The embeddings that read input layer `input`, whose indices are those of users. Throws Error(kBadData) naming
/// `where` if another kind of layer reads it, whose weights cannot be separated by user.
std::vector<std::string> user_tables(const nn::NetSpec& spec, const std::string& input,
                                     const std::string& where);

/// Rows of a table whose row 0 stands for nobody and row i + 1 for id i, if only the ids `kept` of `n_ids` stay; rows
/// behind those of the ids stay too.
std::vector<std::size_t> kept_rows(const std::vector<idx_t>& kept, std::size_t n_ids, std::size_t n_rows);

/// Keeps these rows of a table.
void select_rows(nn::NamedArray& array, const std::vector<std::size_t>& rows);

}  // namespace akin::nets
