// Files of akin. Their checksums are right: what is tested is all that stands behind them.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/data/dataset.h"
#include "akin/data/describe.h"
#include "akin/data/merge.h"
#include "akin/data/split_dataset.h"
#include "akin/data/synthetic.h"
#include "akin/encode/text_models.h"
#include "akin/experiment/fit_checkpoint.h"
#include "akin/models/fit/old_names.h"
#include "akin/serve/service.h"
#include "akin/store/bundle.h"
#include "akin/store/encoder_file.h"
#include "harness.h"
#include "targets.h"

namespace akin::fuzz {
namespace {

constexpr std::size_t kMostAsked =
    1;  // users and items, of each end: folding a user in can take a fit of its own

/// The first and the last few of `size`.
std::vector<idx_t> some_of(std::size_t size) {
  std::vector<idx_t> some;
  for (std::size_t i = 0; i < size; ++i) {
    if (i < kMostAsked || i + kMostAsked >= size) some.push_back(static_cast<idx_t>(i));
  }
  return some;
}

template <typename T>
float sum_of(const TensorReader& reader, const std::string& name) {
  float sum = 0;
  for (const T value : reader.tensor<T>(name)) sum += static_cast<float>(value);
  return sum;
}

void ask(const Service& service) {
  const Dataset& data = service.bundle().dataset;
  std::vector<std::string> history;
  for (const idx_t item : some_of(data.n_items())) history.emplace_back(data.items.id(item));
  std::vector<RecommendRequest> requests = {{.history = history, .k = 3},
                                            {.history = history, .include_seen = true}};
  for (const idx_t user : some_of(data.n_users())) {
    requests.push_back({.user = std::string(data.users.id(user))});
    requests.push_back({.user = std::string(data.users.id(user)), .history = history, .include_seen = true});
  }
  for (const EventAttributes::Column& column : data.event_attributes.columns()) {
    for (const idx_t value : some_of(column.values.size())) {
      requests.push_back({.history = history,
                          .history_attributes = {{column.name, {std::string(column.values.id(value))}}}});
    }
  }
  for (const RecommendRequest& request : requests) {
    attempt([&] { service.recommend(request); });
    attempt([&] { service.explain(request, std::nullopt); });
  }
  for (const std::string& item : history) attempt([&] { service.explain(requests[0], item); });
  for (const std::string& item : history) {
    attempt([&] { service.similar(item, 5, {}); });
    attempt([&] { service.similar(item, 5, parse_filters({"category=x", "title=y"})); });
  }
  for (const BundlePart& part : service.bundle().parts) {
    attempt([&] { service.similar_to_text("steel kettle Acme", 5, {}, part.name); });
    for (const std::string& item : history) attempt([&] { service.similar(item, 5, {}, part.name); });
  }
}

}  // namespace

void safetensors(std::string_view input) {
  const std::string path = put("file.safetensors", input);
  file_kind(path);
  const TensorReader reader(path);
  for (const std::string& name : reader.names()) {
    reader.shape(name);
    float sum = 0;
    attempt([&] { sum += sum_of<float>(reader, name); });
    attempt([&] { sum += sum_of<double>(reader, name); });
    attempt([&] { sum += sum_of<std::uint64_t>(reader, name); });
    attempt([&] { sum += sum_of<std::uint32_t>(reader, name); });
    attempt([&] { sum += sum_of<std::uint8_t>(reader, name); });
    attempt([&] { reader.vector<float>(name, 3); });
  }
  for (const auto& entry : reader.metadata()) attempt([&] { reader.meta_int(entry.first, 0, 100); });
  attempt([&] { reader.expect_kind("dataset"); });
}

void dataset(std::string_view input) {
  Dataset data = load_dataset(put("file.data", input));
  describe(data);
  const std::string again = path_of("again.data");
  save_dataset(data, again);
  Dataset back;
  if (!attempt([&] { back = load_dataset(again); })) broken("a data set that was read cannot be read again");
  attempt([&] { merge(back, data, {}); });
  for (const char* holdout : {"last", "given", "ratio:0.5", "time:0.2", "cold-items:0.3"})
    attempt([&] { split_events(data, choose_split(holdout, data, 1)); });
}

void bundle(std::string_view input) {
  Bundle bundle = load_bundle(put("file.akin", input));
  attempt([&] { item_embedding(bundle); });
  attempt([&] { user_embedding(bundle, context()); });
  const std::string again = path_of("again.akin");
  attempt([&] {
    save_bundle(bundle, again);
    if (!attempt([&] { load_bundle(again); })) broken("a bundle that was read cannot be read again");
  });
  ask(Service(std::move(bundle)));
}

void checkpoint(std::string_view input) {
  const std::string path = put("file.checkpoint", input);
  // Identity and shapes of the fit are those of the file: all that stands behind their comparison is read.
  const TensorReader reader(path);
  std::map<std::string, std::string> identity;
  const nlohmann::json stored =
      nlohmann::json::parse(reader.meta("identity"), nullptr, /*allow_exceptions=*/false);
  if (stored.is_object()) {
    for (const auto& [name, value] : stored.items())
      if (value.is_string()) identity[name] = value.get<std::string>();
  }
  std::vector<Matrix> matrices;
  std::vector<std::string> names;
  for (const std::string& name : reader.names()) {
    const auto& shape = reader.shape(name);
    constexpr std::size_t kMost = 1 << 16;
    if (!name.starts_with("state.") || shape.size() != 2 || shape[0] > kMost ||
        shape[1] > kMost / std::max<std::size_t>(shape[0], 1))
      continue;
    matrices.emplace_back(shape[0], shape[1]);
    names.push_back(name.substr(6));
  }
  identity = identity_with_current_names(identity);
  FitState state;
  for (std::size_t i = 0; i < names.size(); ++i) state.add(names[i], matrices[i]);
  const FitCheckpoint read = load_checkpoint(path, identity, state);
  read.last.put(state);
  // A fit that goes on returns to the best epoch in the end.
  const bool has_best = read.best_epoch != 0 && read.best_epoch != read.epoch;
  AKIN_ASSERT(read.best.empty() != has_best || state.tensors().empty());
  if (has_best) read.best.put(state);
  save_checkpoint(read, path_of("again.checkpoint"));
}

void encoder(std::string_view input) {
  const StoredEncoder stored = load_encoder(put("encoder", input));
  const ContentEncoder& encoder = stored.encoder();
  const NewItems items = parse_new_items(
      R"([{"title": "steel kettle steel", "brand": "Acme", "category": "Home|Kitchen", "price": 20, "day": "2020-02-02"},
          {"title": ""}, {"brand": "Acme|Bolt", "price": "x"}])",
      stored.types, "items");
  const Matrix vectors = encoder.dim() <= 4096 ? encoder.encode(items.content, context()) : Matrix();
  if (!all_finite(vectors)) broken("a vector that is not finite");
  for (std::size_t c = 0; c < std::min<std::size_t>(encoder.dim(), 3); ++c)
    static_cast<void>(encoder.dimension(c));
}

void text_model(std::string_view input) {
  const StoredTextModel stored = load_text_model(put("text", input));
  const std::vector<std::string_view> texts = {"Steel kettle, kettle <b>x</b>", ""};
  if (!all_finite(stored.model->predict(texts, context()))) broken("a prediction that is not finite");
  if (stored.model->dim() <= 4096) static_cast<void>(stored.model->vectors(texts, context()));
  static_cast<void>(stored.model->explain(texts[0], 0));
  static_cast<void>(stored.model->telling(0, 5));
}

void synthetic_truth(std::string_view input) {
  const SyntheticTruth truth = load_synthetic_truth(put("truth.safetensors", input));
  for (const idx_t user : some_of(truth.users.size())) {
    truth.pick_probabilities(user);
    for (const idx_t item : some_of(truth.items.size())) {
      truth.expected_rating(user, item);
      truth.pick_probabilities(user, item);
    }
  }
}

}  // namespace akin::fuzz
