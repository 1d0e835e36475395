#include "akin/cli/flags/vector_flags.h"

#include "akin/store/embeddings_file.h"

namespace akin::cli {

InputPath vectors_path(std::string* path) {
  return {path, [](const std::string& file) { return std::vector<std::string>{ids_file(file)}; }};
}

OutputPath embeddings_path(std::string* path, const std::string& format) {
  const auto ids = [&format](const std::string& file) {
    std::vector<OutputPath::More> more;
    if (format == "npy") more.push_back({ids_file(file)});
    return more;
  };
  return {path, OutputPath::Form::kPrintable, ids};
}

std::uint64_t zero_rows(const Matrix& vectors) {
  std::uint64_t count = 0;
  for (std::size_t r = 0; r < vectors.rows(); ++r) count += is_zero(vectors[r]) ? 1 : 0;
  return count;
}

}  // namespace akin::cli
