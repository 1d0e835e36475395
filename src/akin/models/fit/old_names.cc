#include "akin/models/fit/old_names.h"

#include <algorithm>
#include <array>

#include "akin/base/text.h"

namespace akin {
namespace {

constexpr std::string_view kWord2Vec =
    "prod2vec item2vec bagged-prod2vec meta-prod2vec prod2vec-cluster word2vec doc2vec";
constexpr std::string_view kNcf = "gmf mlp neumf rating-dot rating-mlp";

struct Renamed {
  std::string_view models;  ///< separated by spaces
  std::string_view old_name;
  std::string_view name;
  bool negated = false;  ///< of a switch: true now means what false meant
  bool flag = false;     ///< can still be typed as a flag
};

constexpr auto kRenamed = std::to_array<Renamed>({
    {.models = kWord2Vec, .old_name = "size", .name = "factors", .flag = true},
    {.models = kWord2Vec, .old_name = "iter", .name = "epochs", .flag = true},  // only ever of gensim
    {kWord2Vec, "negative", "negatives"},
    {kWord2Vec, "shared_noise", "shared_negatives"},
    {kWord2Vec, "ns_exponent", "negatives_power"},
    {kWord2Vec, "alpha", "learning_rate"},
    {kWord2Vec, "min_alpha", "min_learning_rate"},
    {kWord2Vec, "decay", "history_decay"},
    {.models = "meta-prod2vec", .old_name = "lambda", .name = "metadata_weight", .flag = true},
    {.models = "item2vec", .old_name = "set", .name = "basket", .flag = true},
    {kNcf, "batch", "batch_size"},
    {"rating-dot rating-mlp", "size", "factors"},
    {"mlp", "embedding", "factors"},
    {"neumf", "embedding", "mlp_factors"},
    {"neumf", "layers_regularization", "mlp_regularization"},
    {"neumf", "pretrain", "pretrain_epochs"},
    {"neumf", "fine_tune", "fine_tune_optimizer"},
    {"neumf", "fine_tune_rate", "fine_tune_learning_rate"},
    {"als nmf als-wr nmf-rating", "iterations", "epochs"},
    {"als", "ignore_values", "use_values", true},
    {"bias", "sweeps", "epochs"},
    {"bpr", "popularity_power", "negatives_power"},
    {"item-knn user-knn", "alpha", "asymmetric_alpha"},
    {.models = "item-knn", .old_name = "lists", .name = "neighbors_of", .flag = true},
    {"item-knn-rating user-knn-rating", "k", "max_neighbors"},
    {"item-knn-rating user-knn-rating", "min_k", "min_neighbors"},
    {"mf-sgd svdpp", "decay", "learning_rate_decay"},
    {"mf-sgd", "half_life", "half_life_days"},
    {"svdpp", "batch", "batch_size"},
    {"slim", "l2", "regularization"},
});

/// Of a name with underscores; null if it was never renamed.
const Renamed* find_renamed(std::string_view model, std::string_view name,
                            std::string_view Renamed::*which = &Renamed::old_name) {
  const auto found = std::ranges::find_if(kRenamed, [&](const Renamed& renamed) {
    if (renamed.*which != name) return false;
    const std::vector<std::string_view> models = split(renamed.models, ' ');
    return std::ranges::find(models, model) != models.end();
  });
  return found == kRenamed.end() ? nullptr : &*found;
}

std::string negated(const std::string& value) {
  for (const auto& [yes, no] : {std::pair("true", "false"), {"1", "0"}, {"yes", "no"}, {"on", "off"}}) {
    if (value == yes) return no;
    if (value == no) return yes;
  }
  return value;  // the parameter itself refuses it
}

}  // namespace

std::string current_ranges(std::string_view model, std::string_view text) {
  std::string result;
  bool negate = false;  // the values of the range that the field belongs to
  for (const std::string_view field : split(text, ',')) {
    if (!result.empty()) result += ',';
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) {  // one more choice
      result += negate ? negated(std::string(field)) : std::string(field);
      continue;
    }
    const std::size_t begin = std::min(field.find_first_not_of(' '), equals);
    std::string name(field.substr(begin, equals - begin));
    std::ranges::replace(name, '-', '_');
    const Renamed* renamed = find_renamed(model, name);
    negate = renamed != nullptr && renamed->negated;
    const std::string value(field.substr(equals + 1));
    result += field.substr(0, begin);
    result += renamed == nullptr ? name : renamed->name;
    result += "=" + (negate ? negated(value) : value);
  }
  return result;
}

std::string old_name(std::string_view model, std::string_view name) {
  const Renamed* renamed = find_renamed(model, name, &Renamed::name);
  return std::string(renamed == nullptr ? name : renamed->old_name);
}

std::vector<std::string> flag_aliases(std::string_view model, std::string_view name) {
  std::vector<std::string> aliases;
  for (const Renamed& renamed : kRenamed) {
    const std::vector<std::string_view> models = split(renamed.models, ' ');
    if (renamed.flag && renamed.name == name && std::ranges::find(models, model) != models.end())
      aliases.emplace_back(renamed.old_name);
  }
  return aliases;
}

ParamValues with_current_names(std::string_view model, const ParamValues& values) {
  ParamValues current, renamed_values;
  for (const auto& [name, value] : values) {
    std::string key = name;
    std::ranges::replace(key, '-', '_');
    const Renamed* renamed = find_renamed(model, key);
    if (renamed == nullptr)
      current.insert_or_assign(key, value);
    else
      renamed_values.insert_or_assign(std::string(renamed->name), renamed->negated ? negated(value) : value);
  }
  current.merge(renamed_values);
  return current;
}

std::map<std::string, std::string> identity_with_current_names(
    const std::map<std::string, std::string>& identity) {
  constexpr std::string_view kParameter = "parameter ";
  const auto found = identity.find("model");
  const std::string model = found == identity.end() ? "" : found->second;
  std::map<std::string, std::string> result;
  ParamValues params;
  for (const auto& [name, value] : identity) {
    if (name.starts_with(kParameter))
      params[name.substr(kParameter.size())] = value;
    else if (name == "number of passes between evaluations")
      result["number of epochs between evaluations"] = value;
    else
      result[name] = name == "ranges" ? current_ranges(model, value) : value;
  }
  for (const auto& [name, value] : with_current_names(model, params))
    result[std::string(kParameter) + name] = value;
  return result;
}

}  // namespace akin
