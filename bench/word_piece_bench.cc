// word_piece_bench VOCABULARY LINES MOST [cased]: ids of each line on standard output, speed on standard error.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "akin/text/word_piece.h"

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
  const akin::WordPiece tokenizer(lines_of(words[1]), options, words[1]);
  const std::vector<std::string> texts = lines_of(words[2]);
  const auto most = static_cast<std::size_t>(std::atoi(words[3]));
  std::vector<std::vector<std::uint32_t>> ids;
  std::size_t bytes = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& text : texts) {
    bytes += text.size();
    ids.push_back(tokenizer.encode(text, most));
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::fprintf(stderr, "%zu texts, %.1f MB/s\n", texts.size(),
               static_cast<double>(bytes) / 1e6 / seconds.count());
  for (const auto& row : ids) {
    for (const std::uint32_t id : row) std::printf("%u ", id);
    std::printf("\n");
  }
}
