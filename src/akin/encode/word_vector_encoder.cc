#include "akin/encode/word_vector_encoder.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/safetensors.h"
#include "akin/encode/term_counts.h"
#include "akin/encode/term_encoder.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/truncated_svd.h"

namespace akin {
namespace {

WordVectors learn_words(const EncoderInput& input, const WordVectorEncoder::Config& config,
                        const Context& context) {
  TfidfEncoder::Config terms;
  terms.fields = config.fields;
  terms.ngrams = 1;
  const auto encoder = TfidfEncoder::fit(input, terms, context);
  const Csr rows = select_rows(encoder->encode_sparse(input.content, context), input.items);
  const SvdOptions options{.rank = static_cast<std::size_t>(config.factors)};
  TruncatedSvd svd = truncated_svd(rows, transpose(rows), options, context);
  WordVectors words;
  for (std::size_t t = 0; t < encoder->dim(); ++t) words.ids.add(encoder->dimension(t));
  words.vectors = std::move(svd.right);
  for (std::size_t t = 0; t < words.vectors.rows(); ++t) {
    for (std::size_t f = 0; f < words.vectors.cols(); ++f)
      words.vectors.row(t)[f] *= static_cast<float>(svd.singular_values[f]);
  }
  return words;
}

}  // namespace

std::vector<Param> WordVectorEncoder::Config::params() {
  std::vector<Param> params = {
      {"fields", &fields, "attributes whose words count, separated by commas; reviews = the reviews"},
      {"weighting",
       &weighting,
       "mean = all words the same, tfidf = rare words count more, sif = the same, and the common direction "
       "is removed",
       0,
       0,
       {"mean", "tfidf", "sif"},
       false,
       kSearchChoices}};
  params.push_back({"factors",
                    &factors,
                    "length of word vectors that are learned from the texts, where none are given",
                    1,
                    4096,
                    {},
                    true,
                    {25, 400}});
  add_params(params);
  return params;
}

template <typename Take>
void WordVectorEncoder::for_words(TermCounter& counter, std::size_t item, const Take& take) const {
  counter.for_terms(item, [&](std::string_view word) {
    if (const auto row = words_.find(word)) take(*row);
  });
}

Matrix WordVectorEncoder::means(const ItemContent& items, const Context& context) const {
  Matrix result(items.size(), dim());
  parallel_for(items.size(), context.threads, [&](std::size_t begin, std::size_t end, int) {
    TermCounter counter(items, fields_, 1);
    for (std::size_t i = begin; i < end; ++i) {
      context.check_stop();
      float total = 0, known = 0;
      for_words(counter, i, [&](idx_t row) {
        axpy(weights_[row], vectors_.row(row), result.row(i), vectors_.stride());
        total += weights_[row];
        known += 1;
      });
      const float divisor = sif_ ? known : total;
      if (divisor > 0) scale(1 / divisor, result.row(i), vectors_.stride());
    }
  });
  return result;
}

Matrix WordVectorEncoder::vectors_of(const ItemContent& items, const Context& context) const {
  Matrix result = means(items, context);
  remove_direction(direction_, result);
  return result;
}

std::unique_ptr<ContentEncoder> WordVectorEncoder::fit(const EncoderInput& input, const Config& config,
                                                       const Context& context) {
  auto encoder = std::make_unique<WordVectorEncoder>();
  WordVectorEncoder& self = *encoder;
  self.fields_ = parse_fields(config.fields, input.content, kName);
  const WordWeighting weighting = parse_word_weighting(config.weighting);
  self.sif_ = weighting == WordWeighting::kSif;
  const WordVectors learned = input.words != nullptr ? WordVectors() : learn_words(input, config, context);
  const WordVectors& words = input.words != nullptr ? *input.words : learned;
  // Texts are read in lower case: of words that differ by their case only the first counts.
  std::vector<idx_t> rows;
  for (idx_t w = 0; w < words.ids.size(); ++w) {
    const std::string word = lower_case(words.ids.id(w));
    if (self.words_.find(word)) continue;
    self.words_.add(word);
    rows.push_back(w);
  }
  self.vectors_ = Matrix(rows.size(), words.vectors.cols());
  for (std::size_t w = 0; w < rows.size(); ++w)
    std::ranges::copy(words.vectors[rows[w]], self.vectors_[w].begin());
  WordFrequencies frequencies{std::vector<std::uint64_t>(rows.size()),
                              std::vector<std::uint64_t>(rows.size())};
  std::vector<std::uint64_t> last(rows.size(), 0);  // number of the last item with the word, from 1
  TermCounter counter(input.content, self.fields_, 1);
  for (std::size_t n = 0; n < input.items.size(); ++n) {
    if (n % 1024 == 0) context.check_stop();
    ++frequencies.all_documents;
    self.for_words(counter, input.items[n], [&](idx_t row) {
      ++frequencies.all_tokens;
      ++frequencies.tokens[row];
      if (last[row] != n + 1) ++frequencies.documents[row];
      last[row] = n + 1;
    });
  }
  if (frequencies.all_tokens == 0) {
    fail(ErrorCode::kBadData,
         "{}: none of the words in the fields {} has a vector; are texts and vectors of the "
         "same language?",
         kName, config.fields);
  }
  self.weights_ = word_weights(weighting, frequencies);
  if (self.sif_) {
    const Matrix all = self.means(input.content, context);
    Matrix means(input.items.size(), all.cols());
    for (std::size_t n = 0; n < input.items.size(); ++n)
      std::ranges::copy(all[input.items[n]], means[n].begin());
    self.direction_ = common_direction(means, context);
  }
  return with_steps(std::move(encoder), config, input, context);
}

void WordVectorEncoder::save(TensorWriter& writer, const std::string& prefix) const {
  write_texts(writer, prefix + ".fields", fields_);
  writer.meta(prefix + ".sif", sif_ ? "1" : "0");
  write_ids(writer, prefix + ".words", words_);
  write_matrix(writer, prefix + ".vectors", vectors_);
  writer.tensor(prefix + ".weights", weights_);
  writer.tensor(prefix + ".direction", direction_);
}

std::unique_ptr<ContentEncoder> WordVectorEncoder::load(const TensorReader& reader,
                                                        const std::string& prefix) {
  auto encoder = std::make_unique<WordVectorEncoder>();
  encoder->fields_ = read_texts(reader, prefix + ".fields");
  encoder->sif_ = reader.meta_int(prefix + ".sif", 0, 1) == 1;
  encoder->words_ = read_ids(reader, prefix + ".words");
  encoder->vectors_ = read_matrix(reader, prefix + ".vectors", encoder->words_.size());
  encoder->weights_ = reader.vector<float>(prefix + ".weights", encoder->words_.size());
  const auto direction = reader.tensor<float>(prefix + ".direction");
  if (!direction.empty()) encoder->direction_ = reader.vector<float>(prefix + ".direction", encoder->dim());
  return read_steps(std::move(encoder), reader, prefix);
}

}  // namespace akin
