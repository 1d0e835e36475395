#include "akin/data/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/files.h"

namespace akin {

std::string sha256_of_file(const std::string& path) {
  if (!file_exists(path)) fail(ErrorCode::kNotFound, "{}: there is no such file", path);
  std::ifstream file(path, std::ios::binary);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  bool fine = digest && EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) == 1;
  std::vector<char> buffer(std::size_t{1} << 20);
  while (fine && file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())).gcount() > 0)
    fine = EVP_DigestUpdate(digest.get(), buffer.data(), static_cast<std::size_t>(file.gcount())) == 1;
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  fine = fine && file.eof() && EVP_DigestFinal_ex(digest.get(), bytes.data(), &size) == 1;
  if (!fine) fail(ErrorCode::kIo, "{}: cannot be read", path);
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

}  // namespace akin
