#include "akin/serve/analogies.h"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/parallel.h"
#include "akin/data/text/tokenizer.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

constexpr std::size_t kWords = 4;

struct Question {
  std::array<idx_t, kWords> words;
  std::size_t section;
};

struct Exam {
  std::vector<AnalogySection> sections;
  std::vector<Question> questions;
};

Exam read_questions(const VectorSpace& space, const std::string& path) {
  Exam exam;
  LineReader lines(path);
  Tokenizer split(TokenKind::kSpace);
  while (const auto line = lines.next()) {
    const auto words = split(*line);
    if (words.empty()) continue;
    if (words[0].starts_with(':')) {
      std::string_view name = line->substr(line->find(':') + 1);
      while (name.starts_with(' ')) name.remove_prefix(1);
      exam.sections.push_back({std::string(name)});
      continue;
    }
    if (words.size() != kWords) {
      fail(ErrorCode::kBadData, "{}: {} words; a question is four words, a section begins with `: name`",
           lines.position(), words.size());
    }
    if (exam.sections.empty()) exam.sections.push_back({"(no section)"});
    Question question{{}, exam.sections.size() - 1};
    bool known = true;
    for (std::size_t w = 0; w < kWords; ++w) {
      const auto word = space.find_word(words[w]);
      known &= word.has_value();
      question.words[w] = word.value_or(0);
    }
    AnalogySection& section = exam.sections.back();
    known ? ++section.questions : ++section.skipped;
    if (known) exam.questions.push_back(question);
  }
  if (exam.questions.empty()) {
    std::uint64_t skipped = 0;
    for (const AnalogySection& section : exam.sections) skipped += section.skipped;
    fail(ErrorCode::kBadData, "{}: no question whose four words all have vectors ({} have not)", path,
         skipped);
  }
  return exam;
}

/// The best answer to each question of a block.
std::vector<Scored> answer(const VectorSpace& space, std::span<const Question> questions) {
  constexpr std::size_t kTile = 512;
  const Matrix& vectors = space.vectors();
  Matrix queries(questions.size(), vectors.cols());
  for (std::size_t q = 0; q < questions.size(); ++q) {
    const auto& [a, b, c, d] = questions[q].words;
    axpy(-1, vectors.row(a), queries.row(q), queries.stride());
    axpy(1, vectors.row(b), queries.row(q), queries.stride());
    axpy(1, vectors.row(c), queries.row(q), queries.stride());
  }
  std::vector<Scored> best(questions.size(), {0, -std::numeric_limits<float>::infinity()});
  std::vector<float> scores(questions.size() * kTile);
  for (std::size_t begin = 0; begin < vectors.rows(); begin += kTile) {
    const std::size_t end = std::min(begin + kTile, vectors.rows());
    multiply(vectors, begin, end, queries, scores.data(), kTile);
    for (std::size_t q = 0; q < questions.size(); ++q) {
      const auto& words = questions[q].words;
      for (std::size_t i = begin; i < end; ++i) {
        const float score = scores[q * kTile + i - begin];
        if (score > best[q].score && i != words[0] && i != words[1] && i != words[2])
          best[q] = {static_cast<idx_t>(i), score};
      }
    }
  }
  return best;
}

}  // namespace

AnalogySection total_of(const std::vector<AnalogySection>& sections) {
  AnalogySection total{"total"};
  for (const AnalogySection& section : sections) {
    total.questions += section.questions;
    total.correct += section.correct;
    total.skipped += section.skipped;
  }
  return total;
}

std::vector<AnalogySection> answer_analogies(const VectorSpace& space, const std::string& path,
                                             const Context& context) {
  constexpr std::size_t kBlock = 64;
  Exam exam = read_questions(space, path);
  std::vector<char> correct(exam.questions.size());
  std::mutex mutex;
  std::uint64_t done = 0;
  parallel_for(
      exam.questions.size(), context.threads,
      [&](std::size_t begin, std::size_t end, int) {
        context.check_stop();
        const std::span<const Question> block(exam.questions.data() + begin, end - begin);
        const std::vector<Scored> answers = answer(space, block);
        for (std::size_t q = 0; q < block.size(); ++q)
          correct[begin + q] = answers[q].idx == block[q].words[3];
        const std::scoped_lock lock(mutex);
        context.report({"answering", done += block.size(), exam.questions.size(), "questions"});
      },
      kBlock);
  for (std::size_t q = 0; q < correct.size(); ++q)
    exam.sections[exam.questions[q].section].correct += correct[q] != 0;
  return exam.sections;
}

}  // namespace akin
