// word_piece_bench VOCABULARY LINES MOST [cased]: ids of each line on standard output, speed on standard error. In the
// place of a vocabulary of WordPiece, the folder of a byte-level BPE.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "akin/text/bert/byte_pair_files.h"
#include "akin/text/bert/tokenizer.h"

namespace {

std::vector<std::string> lines_of(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace

int main(int count, char** words) {
  if (count < 4) return 2;
  akin::WordPieceOptions options;
  options.lower_case = options.strip_accents = count < 5;
  const akin::bert::Tokenizer tokenizer =
      std::filesystem::is_directory(words[1])
          ? akin::bert::Tokenizer(akin::bert::read_byte_pairs(words[1]))
          : akin::bert::Tokenizer(akin::WordPiece(lines_of(words[1]), options, words[1]));
  const std::vector<std::string> texts = lines_of(words[2]);
  const auto most = static_cast<std::size_t>(std::atoi(words[3]));
  std::vector<std::vector<std::uint32_t>> ids;
  std::size_t bytes = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& text : texts) {
    bytes += text.size();
    ids.push_back(akin::bert::token_ids(tokenizer, text, most));
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::fprintf(stderr, "%zu texts, %.1f MB/s\n", texts.size(),
               static_cast<double>(bytes) / 1e6 / seconds.count());
  for (const auto& row : ids) {
    for (const std::uint32_t id : row) std::printf("%u ", id);
    std::printf("\n");
  }
}
