#include "akin/nets/text/deepconn.h"

#include <algorithm>
#include <numeric>

#include "akin/base/error.h"
#include "akin/models/fit/params.h"
#include "akin/nets/fit_net.h"
#include "akin/nets/net_predictor.h"
#include "akin/nets/text/text_samples.h"

namespace akin::nets {
namespace {

using nn::Activation;
using nn::LayerKind;

/// The words of all reviews, by user and by item.
struct ReviewWords {
  WordLists lists;                                           ///< by review
  std::vector<idx_t> user, item;                             ///< by review
  std::vector<std::vector<std::uint32_t>> of_user, of_item;  ///< reviews, in the order of the data
  std::int64_t words = 0;
};

ReviewWords review_words(const TrainingData& data, const DeepConn::Config& config, const Context& context) {
  const ReviewTable& reviews = data.source.reviews;
  const auto text_of = [&](std::size_t r) {
    return std::string(reviews.summary.get(r)) + "\n" + std::string(reviews.text.get(r));
  };
  Tokenizer tokenizer(TokenKind::kWords, /*lowercase=*/true);
  IdMap all, words;
  std::vector<int> counts;
  for (std::size_t r = 0; r < reviews.size(); ++r) {
    for (const std::string_view word : tokenizer(text_of(r))) {
      const idx_t idx = all.add(word);
      if (idx == counts.size()) counts.push_back(0);
      ++counts[idx];
    }
  }
  for (idx_t w = 0; w < all.size(); ++w) {
    if (counts[w] >= config.min_count) words.add(all.id(w));
  }
  ReviewWords result;
  result.words = static_cast<std::int64_t>(words.size());
  result.of_user.resize(data.n_users());
  result.of_item.resize(data.n_items());
  for (std::size_t r = 0; r < reviews.size(); ++r) {
    if (r % 1024 == 0) context.check_stop();
    result.lists.add(word_list(text_of(r), words, {}, tokenizer));
    const Event& event = data.source.events[reviews.event[r]];
    result.user.push_back(event.user);
    result.item.push_back(event.item);
    result.of_user[event.user].push_back(static_cast<std::uint32_t>(r));
    result.of_item[event.item].push_back(static_cast<std::uint32_t>(r));
  }
  if (result.words == 0)
    fail(ErrorCode::kBadData,
         "{}: the data set has no reviews with words that occur at least {} times; `akin import` reads "
         "reviews with "
         "their events, such as `import amazon`",
         DeepConn::kName, config.min_count);
  return result;
}

/// What the user and the item are described by, a pair each: their reviews but those of the pair.
class PairTexts final : public nn::SampleSource {
 public:
  PairTexts(const ReviewWords& reviews, const Ratings& ratings, std::size_t max_length)
      : reviews_(reviews), max_length_(max_length) {
    for (idx_t u = 0; u < ratings.by_user.rows(); ++u) {
      for (std::size_t e = 0; e < ratings.by_user.row_size(u); ++e) {
        users_.push_back(u);
        items_.push_back(ratings.by_user.cols_of(u)[e]);
        targets_.push_back(ratings.by_user.values_of(u)[e] - ratings.mean);
      }
    }
  }
  std::int64_t size() const override { return static_cast<std::int64_t>(targets_.size()); }
  bool checked() const override { return true; }
  void read(std::span<const std::int64_t> samples, nn::Batch& batch) const override {
    std::vector<std::vector<std::int32_t>> users, items;
    std::vector<float> targets;
    for (const std::int64_t sample : samples) {
      const auto s = static_cast<std::size_t>(sample);
      users.push_back(text(reviews_.of_user[users_[s]], reviews_.item, items_[s]));
      items.push_back(text(reviews_.of_item[items_[s]], reviews_.user, users_[s]));
      targets.push_back(targets_[s]);
    }
    batch.inputs.resize(2);
    fill_words({users.begin(), users.end()}, batch.inputs[0]);
    fill_words({items.begin(), items.end()}, batch.inputs[1]);
    batch.targets.shape = {static_cast<std::int64_t>(targets.size()), 1};
    batch.targets.values = std::move(targets);
  }

  static constexpr idx_t kNobody = 0xFFFFFFFF;
  /// The words of `reviews` but for those whose other side is `without`.
  std::vector<std::int32_t> text(const std::vector<std::uint32_t>& reviews, const std::vector<idx_t>& other,
                                 idx_t without) const {
    std::vector<std::int32_t> words;
    for (const std::uint32_t r : reviews) {
      if (other[r] == without) continue;
      const auto list = reviews_.lists[r];
      words.insert(
          words.end(), list.begin(),
          list.begin() + static_cast<std::ptrdiff_t>(std::min(list.size(), max_length_ - words.size())));
    }
    return words;
  }

 private:
  const ReviewWords& reviews_;
  std::size_t max_length_;
  std::vector<idx_t> users_, items_;
  std::vector<float> targets_;
};

/// One of the two sides: convolution, greatest value, dropout, factors.
nn::Node tower(nn::NetSpec& spec, const std::string& side, const DeepConn::Config& config,
               std::int64_t words) {
  return spec.input({config.max_length + 1}, side + "_words")
      .embedding(words + 1, config.word_factors, {.name = side + "_vectors", .padding_index = 0})
      .conv1d(config.filters, config.width, {.activation = Activation::kRelu, .padding = nn::Padding::kFull})
      .then(LayerKind::kGlobalMaxPool1d)
      .dropout(static_cast<double>(config.dropout))
      .dense(config.factors, Activation::kTanh, {.name = side});
}

nn::NetSpec layers_of(const DeepConn::Config& config, std::int64_t words) {
  nn::NetSpec spec{std::string(DeepConn::kName)};
  const nn::Node user = tower(spec, "user", config, words), item = tower(spec, "item", config, words);
  const nn::Node product = spec.dot(user, item);
  const std::vector<nn::Node> parts = {
      product, user.dense(1, Activation::kLinear, {.name = "user_bias"}),
      item.dense(1, Activation::kLinear, {.name = "item_bias", .bias = false})};
  spec.merge(LayerKind::kAdd, parts, {.name = "rating"});
  return spec;
}

/// Layers `side` and side_bias of the texts of one side, zero where there are no ratings.
struct Side {
  Matrix vectors;
  std::vector<float> biases;
};

Side side_of(const NetPredictor& net, const PairTexts& texts, const ReviewWords& reviews, bool of_users,
             std::span<const std::uint32_t> counts, const DeepConn::Config& config) {
  const auto& lists = of_users ? reviews.of_user : reviews.of_item;
  const std::vector<idx_t>& other = of_users ? reviews.item : reviews.user;
  const std::string name = of_users ? "user" : "item";
  Side side{Matrix(lists.size(), static_cast<std::size_t>(config.factors)), std::vector<float>(lists.size())};
  // The layer of biases is worked out here, so that each text goes through its convolution once.
  const std::vector<float>& weights = std::get<0>(net.weight(name + "_bias/kernel").values);
  const float base = of_users ? std::get<0>(net.weight("user_bias/bias").values)[0] : 0;
  nn::Array words;
  const nn::Array nothing = nn::make_ids({1, 1}, {0});
  for (std::size_t row = 0; row < lists.size(); ++row) {
    if (counts[row] == 0) continue;
    const std::vector<std::int32_t> text = texts.text(lists[row], other, PairTexts::kNobody);
    fill_words({text}, words);
    const std::vector<nn::Array> inputs =
        of_users ? std::vector<nn::Array>{words, nothing} : std::vector<nn::Array>{nothing, words};
    std::ranges::copy(net.predict(inputs, name).floats(), side.vectors.row(row));
    side.biases[row] = std::inner_product(weights.begin(), weights.end(), side.vectors.row(row), base);
  }
  return side;
}

}  // namespace

std::vector<Param> DeepConn::Config::params() {
  return {factors_param(&factors, {8, 128}),
          epochs_param(&epochs, "epochs over the ratings"),
          {"batch_size", &batch_size, "ratings of a step", 1, 1e6},
          {"filters", &filters, "of the convolution of each side", 1, 10'000, {}, true, {32, 256}},
          {"width", &width, "words that a filter looks at", 1, 100},
          {"word_factors", &word_factors, "length of the words' vectors", 1, 4096, {}, true, {32, 256}},
          {"min_count", &min_count, "words that occur less often are left out", 1, 1'000'000},
          {"max_length", &max_length, "words of a user or an item beyond so many are cut off", 1, 100'000},
          {"dropout",
           &dropout,
           "share of the filters' values that a step leaves out",
           0,
           0.99,
           {},
           false,
           {0, 0.7}},
          learning_rate_param(&learning_rate, "step size of adam", {1e-4, 1e-2}),
          {"regularization", &regularization, "L2 penalty of a user or item that is folded in", 0, 1e6}};
}

std::unique_ptr<Model> DeepConn::fit(const TrainingData& data, const Config& config,
                                     const FitContext& context) {
  const Ratings ratings = training_ratings(data, kName, context);
  const ReviewWords reviews = review_words(data, config, context);
  PairTexts texts(reviews, ratings, static_cast<std::size_t>(config.max_length));
  NetTask task{.spec = layers_of(config, reviews.words),
               .compile = {.optimizer = nn::make_optimizer("adam"), .loss = nn::Loss::kMse},
               .epochs = config.epochs,
               .batch_size = config.batch_size};
  task.compile.optimizer.learning_rate = static_cast<double>(config.learning_rate);
  task.compile.optimizer.lazy = true;
  std::vector<std::uint32_t> user_counts(data.n_users()), item_counts(data.n_items());
  for (std::size_t u = 0; u < ratings.by_user.rows(); ++u) {
    user_counts[u] = static_cast<std::uint32_t>(ratings.by_user.row_size(u));
    for (const idx_t item : ratings.by_user.cols_of(u)) ++item_counts[item];
  }
  return fit_net(
      std::move(task), texts,
      [&](const nn::Net& net) {
        const NetPredictor predictor(net.spec(), net.weights());
        const RatingLayout layout{true, ratings.mean};
        const Side users = side_of(predictor, texts, reviews, true, user_counts, config);
        const Side items = side_of(predictor, texts, reviews, false, item_counts, config);
        const RatingPenalty penalty{config.regularization, config.regularization, 1, 0};
        return std::unique_ptr<Model>(
            new DeepConn({{user_rows(users.vectors, users.biases, layout, user_counts),
                           item_rows(items.vectors, items.biases, layout)},
                          {layout, ratings.liked, penalty, penalty}}));
      },
      context);
}

std::unique_ptr<Model> DeepConn::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  return std::unique_ptr<Model>(new DeepConn(load_state(reader, n_users, n_items)));
}

std::unique_ptr<Model> DeepConn::select_users(std::span<const idx_t> users) const {
  return std::unique_ptr<Model>(new DeepConn(select_state(users)));
}

}  // namespace akin::nets
