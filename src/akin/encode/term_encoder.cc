#include "akin/encode/term_encoder.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/safetensors.h"
#include "akin/encode/term_counts.h"

namespace akin {
namespace {

constexpr int kMostNgrams = 5;
constexpr std::size_t kBlock = 256;  // items that a thread encodes before it looks for the next

/// (term, count) of an item, ascending by term, and how many terms it has in all.
struct Counts {
  std::vector<std::pair<idx_t, float>> terms;
  float total = 0;
};

void count_terms(TermCounter& counter, const IdMap& terms, std::size_t item, Counts& counts) {
  counts.terms.clear();
  counts.total = 0;
  counter.for_terms(item, [&](std::string_view term) {
    counts.total += counter.weight();
    if (const auto known = terms.find(term)) counts.terms.emplace_back(*known, counter.weight());
  });
  std::ranges::sort(counts.terms);
  std::size_t out = 0;
  for (std::size_t in = 0; in < counts.terms.size(); ++in) {
    if (out > 0 && counts.terms[out - 1].first == counts.terms[in].first) {
      counts.terms[out - 1].second += counts.terms[in].second;
    } else {
      counts.terms[out++] = counts.terms[in];
    }
  }
  counts.terms.resize(out);
}

}  // namespace

void TermConfig::add_params(std::vector<Param>& params) {
  params.push_back({"fields", &fields,
                    "attributes whose words count, separated by commas; reviews = the reviews; title:3 = "
                    "each word three times"});
  params.push_back(
      {"ngrams", &ngrams, "longest run of words that is a term", 1, kMostNgrams, {}, false, {1, 3}});
  params.push_back({"min_items", &min_items, "leave out terms that fewer items have", 1, 1'000'000});
  params.push_back(
      {"max_share", &max_share, "leave out terms that more than this share of the items have", 0, 1});
  EncoderSteps::add_params(params);
}

TermEncoder::Learned TermEncoder::learn(const EncoderInput& input, const TermConfig& config,
                                        const Context& context) {
  constexpr std::size_t kItemsToStop = 1024;
  WeightedFields fields = parse_weighted_fields(config.fields, input.content, name());
  fields_ = std::move(fields.names);
  if (std::ranges::any_of(fields.weights, [](float weight) { return weight != 1; }))
    field_weights_ = std::move(fields.weights);
  ngrams_ = config.ngrams;
  IdMap all;
  std::vector<std::uint32_t> items_with;
  std::vector<idx_t> last;  // number of the last item with the term, from 1
  Learned learned;
  double terms = 0;
  TermCounter counter(input.content, fields_, ngrams_, field_weights_);
  for (std::size_t n = 0; n < input.items.size(); ++n) {
    if (n % kItemsToStop == 0) context.check_stop();
    const double before = terms;
    counter.for_terms(input.items[n], [&](std::string_view term) {
      const idx_t t = all.add(term);
      if (t == items_with.size()) {
        items_with.push_back(0);
        last.push_back(0);
      }
      terms += static_cast<double>(counter.weight());
      if (last[t] == n + 1) return;
      last[t] = static_cast<idx_t>(n + 1);
      ++items_with[t];
    });
    learned.items += terms > before ? 1 : 0;
  }
  if (learned.items > 0) learned.mean_terms = terms / static_cast<double>(learned.items);
  const double most = static_cast<double>(config.max_share) * static_cast<double>(learned.items);
  for (idx_t t = 0; t < all.size(); ++t) {
    if (static_cast<int>(items_with[t]) < config.min_items || items_with[t] > most) continue;
    terms_.add(all.id(t));
    learned.items_with.push_back(items_with[t]);
  }
  if (terms_.size() == 0) {
    fail(ErrorCode::kBadData, "{}: no word of the fields {} is left to learn from{}", name(), config.fields,
         all.size() == 0 ? ": they are empty" : "; lower min_items or raise max_share");
  }
  return learned;
}

Csr TermEncoder::sparse_vectors_of(const ItemContent& items, const Context& context) const {
  const std::size_t blocks = (items.size() + kBlock - 1) / kBlock;
  std::vector<Csr> parts(blocks);
  parallel_for(
      blocks, context.threads,
      [&](std::size_t begin, std::size_t end, int) {
        TermCounter counter(items, fields_, ngrams_, field_weights_);
        Counts counts;
        for (std::size_t block = begin; block < end; ++block) {
          context.check_stop();
          Csr& part = parts[block];
          for (std::size_t i = block * kBlock; i < std::min(items.size(), (block + 1) * kBlock); ++i) {
            count_terms(counter, terms_, i, counts);
            for (const auto& [term, count] : counts.terms) {
              part.indices.push_back(term);
              part.values.push_back(weight(term, count, counts.total));
            }
            part.offsets.push_back(part.indices.size());
          }
        }
      },
      1);
  Csr rows;
  rows.cols = dim();
  for (const Csr& part : parts) {
    const std::uint64_t before = rows.indices.size();
    rows.indices.insert(rows.indices.end(), part.indices.begin(), part.indices.end());
    rows.values.insert(rows.values.end(), part.values.begin(), part.values.end());
    for (std::size_t r = 0; r < part.rows(); ++r) rows.offsets.push_back(before + part.offsets[r + 1]);
  }
  if (normalize_) normalize_rows(rows);
  return rows;
}

void TermEncoder::save(TensorWriter& writer, const std::string& prefix) const {
  write_texts(writer, prefix + ".fields", fields_);
  if (!field_weights_.empty()) writer.tensor(prefix + ".field_weights", field_weights_);
  writer.meta(prefix + ".ngrams", std::to_string(ngrams_));
  writer.meta(prefix + ".normalize", normalize_ ? "1" : "0");
  write_ids(writer, prefix + ".terms", terms_);
  writer.tensor(prefix + ".idf", idf_);
}

void TermEncoder::restore(const TensorReader& reader, const std::string& prefix) {
  fields_ = read_texts(reader, prefix + ".fields");
  if (reader.has(prefix + ".field_weights"))
    field_weights_ = reader.vector_in<float>(prefix + ".field_weights", fields_.size(), 0.0F, 1e6F);
  ngrams_ = static_cast<int>(reader.meta_int(prefix + ".ngrams", 1, kMostNgrams));
  normalize_ = reader.meta_int(prefix + ".normalize", 0, 1) == 1;
  terms_ = read_ids(reader, prefix + ".terms");
  idf_ = reader.vector<float>(prefix + ".idf", terms_.size());
}

std::vector<Param> TfidfEncoder::Config::params() {
  std::vector<Param> params;
  TermConfig::add_params(params);
  params.push_back(
      {"sublinear", &sublinear, "a term's count c counts 1 + ln(c)", 0, 0, {}, false, kSearchChoices});
  return params;
}

std::unique_ptr<ContentEncoder> TfidfEncoder::fit(const EncoderInput& input, const Config& config,
                                                  const Context& context) {
  auto encoder = std::make_unique<TfidfEncoder>();
  encoder->sublinear_ = config.sublinear;
  const Learned learned = encoder->learn(input, config, context);
  for (const std::uint32_t items : learned.items_with) {
    encoder->idf_.push_back(static_cast<float>(
        std::log((1 + static_cast<double>(learned.items)) / (1 + static_cast<double>(items))) + 1));
  }
  return with_steps(std::move(encoder), config, input, context);
}

float TfidfEncoder::weight(std::size_t term, float count, float) const {
  return (sublinear_ && count > 1 ? 1 + std::log(count) : count) * idf_[term];
}

void TfidfEncoder::save(TensorWriter& writer, const std::string& prefix) const {
  TermEncoder::save(writer, prefix);
  writer.meta(prefix + ".sublinear", sublinear_ ? "1" : "0");
}

std::unique_ptr<ContentEncoder> TfidfEncoder::load(const TensorReader& reader, const std::string& prefix) {
  auto encoder = std::make_unique<TfidfEncoder>();
  encoder->restore(reader, prefix);
  encoder->sublinear_ = reader.meta_int(prefix + ".sublinear", 0, 1) == 1;
  return read_steps(std::move(encoder), reader, prefix);
}

std::vector<Param> Bm25Encoder::Config::params() {
  std::vector<Param> params;
  TermConfig::add_params(params);
  params.push_back(
      {"k1", &k1, "how soon further occurrences of a term count less", 0, 100, {}, false, {0.2, 3}});
  params.push_back({"b", &b, "how much long texts are discounted", 0, 1, {}, false, {0.1, 1}});
  params.push_back({"normalize", &normalize, "vectors of length 1: similarity is the cosine"});
  return params;
}

std::unique_ptr<ContentEncoder> Bm25Encoder::fit(const EncoderInput& input, const Config& config,
                                                 const Context& context) {
  auto encoder = std::make_unique<Bm25Encoder>();
  encoder->k1_ = config.k1;
  encoder->b_ = config.b;
  encoder->normalize_ = config.normalize;
  const Learned learned = encoder->learn(input, config, context);
  encoder->mean_terms_ = static_cast<float>(learned.mean_terms);
  const auto n = static_cast<double>(learned.items);
  for (const std::uint32_t items : learned.items_with) {
    const auto with = static_cast<double>(items);
    encoder->idf_.push_back(static_cast<float>(std::log(1 + (n - with + 0.5) / (with + 0.5))));
  }
  return with_steps(std::move(encoder), config, input, context);
}

float Bm25Encoder::weight(std::size_t term, float count, float total) const {
  return idf_[term] * count * (k1_ + 1) / (count + k1_ * (1 - b_ + b_ * total / mean_terms_));
}

void Bm25Encoder::save(TensorWriter& writer, const std::string& prefix) const {
  TermEncoder::save(writer, prefix);
  writer.tensor(prefix + ".bm25", std::vector<float>{k1_, b_, mean_terms_});
}

std::unique_ptr<ContentEncoder> Bm25Encoder::load(const TensorReader& reader, const std::string& prefix) {
  auto encoder = std::make_unique<Bm25Encoder>();
  encoder->restore(reader, prefix);
  const std::vector<float> numbers = reader.vector<float>(prefix + ".bm25", 3);
  if (!(numbers[0] >= 0 && numbers[1] >= 0 && numbers[1] <= 1 && numbers[2] > 0))
    reader.inconsistent(fmt::format("{}.bm25 is out of range", prefix));
  encoder->k1_ = numbers[0];
  encoder->b_ = numbers[1];
  encoder->mean_terms_ = numbers[2];
  return read_steps(std::move(encoder), reader, prefix);
}

}  // namespace akin
