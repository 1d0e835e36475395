// Ids that only who has a key can lead back to a person.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "akin/data/dataset.h"

namespace akin {

/// A secret key, and the pseudonym that it gives each id: the first 16 bytes of HMAC-SHA-256(key, id) (RFC
/// 2104) as 32 hexadecimal digits. The same key and id give the same pseudonym, everywhere and always; two of
/// n ids share one with a probability of n^2 / 2^129. Without the key neither the id nor the pseudonym of a
/// guessed id can be computed.
class Pseudonyms {
 public:
  static constexpr std::size_t kKeyBytes = 32;

  /// Reads a file of kKeyBytes bytes. Throws Error(kNotFound) if it is not there, Error(kBadData) if its size
  /// is another one or if group or others have any access to it.
  explicit Pseudonyms(const std::string& path);
  /// Makes such a file of random bytes of the operating system, for its owner alone. Throws Error(kIo) if
  /// there is a file already.
  static void make_key(const std::string& path);
  ~Pseudonyms();
  Pseudonyms(const Pseudonyms&) = delete;
  Pseudonyms& operator=(const Pseudonyms&) = delete;

  std::string operator()(std::string_view id) const;

 private:
  std::array<unsigned char, kKeyBytes> key_{};
};

/// Puts pseudonyms in the place of the users' ids, and of the values of the user attribute `owner` (of
/// documents, the user who wrote them). User attributes that repeat the ids are removed. In all other attributes, of
/// items too, a value that is an id, whatever its case, becomes its pseudonym, except short numbers
/// (is_short_number()), which may be an id by chance. Returns notes for a person that say which attributes were
/// removed, and how many values of which were replaced or stay; no ids. Collective, where ranks divide the events.
std::vector<std::string> replace_ids(Dataset& data, const Pseudonyms& pseudonyms, std::string_view owner,
                                     const Communicator& ranks = alone());

}  // namespace akin
