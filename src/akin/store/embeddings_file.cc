#include "akin/store/embeddings_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/safetensors.h"
#include "akin/data/readers/text_decode.h"
#include "akin/data/text/escaped_field.h"

namespace akin {
namespace {

static_assert(std::endian::native == std::endian::little, "the binary formats are little-endian");

constexpr std::array<std::pair<std::string_view, EmbeddingFormat>, 5> kFormats = {
    {{"npy", EmbeddingFormat::kNpy},
     {"csv", EmbeddingFormat::kCsv},
     {"word2vec", EmbeddingFormat::kWord2Vec},
     {"word2vec-bin", EmbeddingFormat::kWord2VecBin},
     {"safetensors", EmbeddingFormat::kSafetensors}}};

bool is_space(unsigned char c) { return c == ' ' || (c >= 9 && c <= 13); }

/// The id as a word of a word2vec file.
std::string word(std::string_view id, IdEscape escape) {
  std::string result = escape == IdEscape::kPercent ? escaped_word(id) : std::string(id);
  if (result.empty() || std::ranges::any_of(result, is_space)) {
    fail(ErrorCode::kBadData,
         "a word2vec file cannot contain the id '{}', because ids end at white space; {}", id,
         result.empty() ? "write another format" : "use --escape or another format");
  }
  return result;
}

/// `separator` and a number for each float of the row.
std::string numbers(std::span<const float> row, char separator) {
  fmt::memory_buffer text;
  for (const float value : row) fmt::format_to(std::back_inserter(text), "{}{}", separator, value);
  return fmt::to_string(text);
}

/// NumPy format version 1.0: magic, version, length of the header, header padded so that the data begin at a
/// multiple of 64.
void write_npy(const Embeddings& embeddings, const std::string& path) {
  const Matrix& vectors = embeddings.vectors;
  std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}",
                                   vectors.rows(), vectors.cols());
  constexpr std::size_t kBefore = 10;  // bytes of magic, version and length
  while ((kBefore + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  AtomicFile file(path);
  file.write(std::string_view("\x93NUMPY\x01\x00", 8));
  const auto length = static_cast<std::uint16_t>(header.size());
  file.write(&length, sizeof(length));
  file.write(header);
  for (std::size_t r = 0; r < vectors.rows(); ++r) file.write(vectors.row(r), vectors.cols() * sizeof(float));
  file.commit();
}

/// The ids as a JSON array. Throws Error(kBadData) for an id that is not valid UTF-8: marks in its place
/// could make two ids the same.
std::string ids_json(const IdMap& ids) {
  std::string text = "[";
  for (std::size_t r = 0; r < ids.size(); ++r) {
    const std::string_view id = ids.id(static_cast<idx_t>(r));
    if (r > 0) text += ',';
    try {
      text += nlohmann::json(id).dump();
    } catch (const nlohmann::json::type_error&) {
      fail(
          ErrorCode::kBadData,
          "the id '{}' is not valid UTF-8, so the JSON file of ids cannot contain it; use csv or safetensors",
          id);
    }
  }
  return text + "]\n";
}

void write_csv(const Embeddings& embeddings, const std::string& path) {
  AtomicFile file(path);
  std::string header = "id";
  for (std::size_t d = 0; d < embeddings.vectors.cols(); ++d) header += fmt::format(",d{}", d);
  file.write(header + "\r\n");
  for (std::size_t r = 0; r < embeddings.vectors.rows(); ++r) {
    file.write(csv_field(embeddings.ids.id(static_cast<idx_t>(r))) + numbers(embeddings.vectors[r], ',') +
               "\r\n");
  }
  file.commit();
}

void write_word2vec(const Embeddings& embeddings, const std::string& path, IdEscape escape,
                    EmbeddingFormat format) {
  const Matrix& vectors = embeddings.vectors;
  AtomicFile file(path);
  file.write(fmt::format("{} {}\n", vectors.rows(), vectors.cols()));
  for (std::size_t r = 0; r < vectors.rows(); ++r) {
    file.write(word(embeddings.ids.id(static_cast<idx_t>(r)), escape));
    if (format == EmbeddingFormat::kWord2Vec) {
      file.write(numbers(vectors[r], ' '));
    } else {
      file.write(" ");
      file.write(vectors.row(r), vectors.cols() * sizeof(float));
    }
    file.write("\n");
  }
  file.commit();
}

}  // namespace

std::string escaped_word(std::string_view id) {
  const bool text = is_utf8(id);
  std::string result;
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_space(byte) || c == '%' || (!text && byte >= 0x80)) {
      result += fmt::format("%{:02X}", byte);
    } else {
      result += c;
    }
  }
  return result;
}

std::string unescaped_word(std::string_view word) {
  std::string result;
  for (std::size_t i = 0; i < word.size(); ++i) {
    unsigned value = 0;
    const bool escape = word[i] == '%' && i + 2 < word.size() &&
                        std::from_chars(&word[i + 1], &word[i + 1] + 2, value, 16).ptr == &word[i + 1] + 2;
    result += escape ? static_cast<char>(value) : word[i];
    if (escape) i += 2;
  }
  return result;
}

EmbeddingFormat parse_embedding_format(std::string_view name) {
  const auto found = std::ranges::find(kFormats, name, [](const auto& entry) { return entry.first; });
  if (found != kFormats.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, format] : kFormats) names.emplace_back(known);
  fail(ErrorCode::kUsage, "unknown format '{}'{}; vectors can be written as {}", name,
       did_you_mean(name, names), fmt::join(names, ", "));
}

std::string ids_file(const std::string& path) { return path + ".ids.json"; }

std::vector<std::string> write_embeddings(const Embeddings& embeddings, EmbeddingFormat format,
                                          const std::string& path, IdEscape escape) {
  AKIN_ASSERT(embeddings.ids.size() == embeddings.vectors.rows());
  std::vector<std::string> files = {path};
  switch (format) {
    case EmbeddingFormat::kNpy: {
      const std::string ids = ids_json(embeddings.ids);  // may fail: before anything is written
      write_npy(embeddings, path);
      files.push_back(ids_file(path));
      write_file(files.back(), ids);
      break;
    }
    case EmbeddingFormat::kCsv:
      write_csv(embeddings, path);
      break;
    case EmbeddingFormat::kWord2Vec:
    case EmbeddingFormat::kWord2VecBin:
      write_word2vec(embeddings, path, escape, format);
      break;
    case EmbeddingFormat::kSafetensors: {
      TensorWriter writer("embeddings");
      write_matrix(writer, "vectors", embeddings.vectors);
      write_ids(writer, "ids", embeddings.ids);
      writer.write(path);
      break;
    }
  }
  return files;
}

}  // namespace akin
