// What the readers of tokenizers' files share.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace akin::bert {

constexpr std::size_t kLargestTokenizer = std::size_t{256} << 20;  ///< bytes of a file

/// A JSON object. Throws Error(kBadData).
nlohmann::json read_object(const std::string& path);
/// `otherwise` where there is no such flag.
bool flag_or(const nlohmann::json& object, const char* name, bool otherwise);
/// The `type` of a part such as the normalizer; "none" and "unknown" where it says none.
std::string kind_of(const nlohmann::json& object, const char* name);
/// A token's name, from a text or an object that holds it; unchanged where it is not there.
void take_token(const nlohmann::json& config, const char* name, std::string& token);
/// The token of each id, from an object of ids by token; ids without a token are empty, and at most `more` beyond the
/// number of tokens. Throws Error(kBadData) where two have the same id.
std::vector<std::string> read_vocabulary(const nlohmann::json& tokens, std::size_t more,
                                         const std::string& where);

}  // namespace akin::bert
