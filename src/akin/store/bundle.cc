#include "akin/store/bundle.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/data/dataset_io.h"

namespace akin {
namespace {

using nlohmann::json;

double parse_double(const TensorReader& reader, const std::string& key) {
  const json value = json::parse(reader.meta(key), nullptr, /*allow_exceptions=*/false);
  if (!value.is_number()) fail(ErrorCode::kBadData, "{}: metadata {} is not a number", reader.path(), key);
  return value.get<double>();
}

std::uint64_t parse_seed(const TensorReader& reader, const std::string& key) {
  const json value = json::parse(reader.meta(key), nullptr, /*allow_exceptions=*/false);
  if (!value.is_number_unsigned())
    fail(ErrorCode::kBadData, "{}: metadata {} is not a seed", reader.path(), key);
  return value.get<std::uint64_t>();
}

ParamValues parse_params(const TensorReader& reader) {
  const json object = json::parse(reader.meta("params"), nullptr, /*allow_exceptions=*/false);
  if (!object.is_object())
    fail(ErrorCode::kBadData, "{}: its parameters are not a JSON object", reader.path());
  ParamValues params;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_string()) fail(ErrorCode::kBadData, "{}: parameter {} is not text", reader.path(), name);
    params[name] = value.get<std::string>();
  }
  return params;
}

}  // namespace

Bundle prepare_bundle(Dataset data, const SplitSpec& split_spec, const ModelEntry& entry,
                      const ParamValues& params, std::uint64_t seed) {
  Bundle bundle;
  bundle.entry = &entry;
  bundle.params = entry.complete(params);
  bundle.seed = seed;
  bundle.split = split_spec;
  Split split = split_events(data, split_spec);
  bundle.test = std::move(split.test);
  bundle.shop = std::move(data);
  bundle.shop.events = std::move(split.train);
  bundle.shop.reviews = {};
  return bundle;
}

void fit_bundle(Bundle& bundle, const Context& context) {
  AKIN_ASSERT(context.seed == bundle.seed);
  const auto start = std::chrono::steady_clock::now();
  bundle.model = bundle.entry->fit(bundle.training_data(), bundle.params, context);
  bundle.fit_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Bundle train_bundle(Dataset data, const SplitSpec& split, const ModelEntry& entry, const ParamValues& params,
                    const Context& context) {
  Bundle bundle = prepare_bundle(std::move(data), split, entry, params, context.seed);
  fit_bundle(bundle, context);
  return bundle;
}

void save_bundle(const Bundle& bundle, const std::string& path) {
  TensorWriter writer("model");
  writer.meta("model", std::string(bundle.entry->name));
  writer.meta("params", json(bundle.params).dump());
  writer.meta("seed", std::to_string(bundle.seed));
  writer.meta("fit_seconds", json(bundle.fit_seconds).dump());
  writer.meta("split", to_string(bundle.split));
  writer.meta("split_seed", std::to_string(bundle.split.seed));
  write_dataset(writer, bundle.shop);
  write_events(writer, "test", bundle.test);
  bundle.model->save(writer);
  writer.write(path);
}

Bundle load_bundle(const std::string& path) {
  const TensorReader reader(path);
  reader.expect_kind("model");
  Bundle bundle;
  bundle.entry = &find_model(reader.meta("model"));
  bundle.params = parse_params(reader);
  bundle.seed = parse_seed(reader, "seed");
  bundle.fit_seconds = parse_double(reader, "fit_seconds");
  bundle.split = parse_split(reader.meta("split"), parse_seed(reader, "split_seed"));
  bundle.shop = read_dataset(reader);
  bundle.test = read_events(reader, "test", bundle.shop.n_users(), bundle.shop.n_items());
  bundle.model = bundle.entry->load(reader, bundle.shop.n_users(), bundle.shop.n_items());
  return bundle;
}

}  // namespace akin
