#include "akin/experiment/fuse.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/catalog/fused_entry.h"
#include "akin/data/split_dataset.h"
#include "akin/eval/evaluate.h"
#include "akin/fusion/fused_fit.h"
#include "akin/store/embeddings_reader.h"
#include "akin/store/make_bundle.h"
#include "akin/store/word_vectors.h"

namespace akin {
namespace {

constexpr std::string_view kVectors = "vectors", kBundle = "bundle";

const std::string& file_of(const SourceSpec& source) {
  const auto file = source.params.find("file");
  if (file == source.params.end())
    fail(ErrorCode::kUsage, "source {}: name the file, as in '{}: {} file=FILE'", source.name, source.name,
         source.kind);
  return file->second;
}

/// Bundles become the model that they hold, with its parameters.
std::vector<SourceSpec> without_bundles(std::vector<SourceSpec> sources) {
  for (SourceSpec& source : sources) {
    if (source.kind != kBundle) continue;
    const std::string file = file_of(source);
    const Bundle bundle = load_bundle(file);
    ParamValues own = std::move(source.params);
    own.erase("file");
    source.kind = bundle.entry->name;
    source.params = bundle.params;
    for (const auto& [name, value] : source.params) {
      if (value.find_first_of("; ") != std::string::npos)
        fail(ErrorCode::kUsage, "source {}: parameter {} of {} is '{}', which cannot stand among sources",
             source.name, name, file, value);
    }
    std::erase_if(source.params, [](const auto& param) { return param.second.empty(); });
    source.params.merge(own);
  }
  return sources;
}

/// The files of vectors, each read once.
class VectorFiles {
 public:
  VectorFiles(const std::vector<SourceSpec>& sources, const IdMap& items, const Context& context) {
    for (const SourceSpec& source : sources) {
      if (source.kind != kVectors) continue;
      const std::string& file = file_of(source);
      MatchedItems match = match_items(read_embeddings(file), items, file);
      if (match.unknown > 0) {
        context.remark(fmt::format("{}: {} vectors of items that are not in the data are left out", file,
                                   format_count(match.unknown)));
      }
      files_.emplace(file, std::move(match.items.vectors));
    }
  }
  std::optional<OtherVectors> operator()(const SourceSpec& source, const TrainingData& data,
                                         const FitContext& context) const {
    if (source.kind != kVectors) return catalogue_vectors(source, data, context);
    for (const auto& [name, value] : source.params) {
      if (name != "file")
        fail(ErrorCode::kUsage,
             "source {}: vectors have no parameter {}; there are file, whiten, shrinkage, smooth, "
             "smooth_neighbors, smooth_layers",
             source.name, name);
    }
    return OtherVectors{files_.at(file_of(source)).clone(), false};
  }

 private:
  std::map<std::string, Matrix> files_;
};

/// A set of sources to measure.
struct Arm {
  std::string name;
  std::vector<std::size_t> sources;
  bool learned = true;
};

void check_ablation(const FuseOptions& options) {
  const std::vector<std::string> known = {"single", "pairs", "leave-one-out"};
  for (const std::string& name : options.ablation) {
    if (std::ranges::find(known, name) == known.end()) {
      fail(ErrorCode::kUsage, "ablation: '{}' is none of single, pairs, leave-one-out{}", name,
           did_you_mean(name, known));
    }
  }
  if (options.splits < 1) fail(ErrorCode::kUsage, "splits must be at least 1");
  if (options.splits > 1 && options.ablation.empty())
    fail(ErrorCode::kUsage, "several splits are for an ablation");
}

std::vector<Arm> arms_of(const std::vector<FusedSource>& sources, const std::vector<std::string>& sets) {
  const auto wanted = [&](std::string_view name) { return std::ranges::count(sets, name) > 0; };
  std::vector<Arm> arms;
  const auto add = [&](std::string name, std::vector<std::size_t> kept) {
    const auto same = [&](const Arm& arm) { return arm.learned && arm.sources == kept; };
    if (!kept.empty() && std::ranges::none_of(arms, same)) arms.push_back({std::move(name), std::move(kept)});
  };
  const std::size_t n = sources.size();
  std::vector<std::size_t> all(n);
  std::iota(all.begin(), all.end(), std::size_t{0});
  for (std::size_t s = 0; s < n && wanted("single"); ++s) add(sources[s].name, {s});
  for (std::size_t s = 0; s < n && n > 2 && wanted("pairs"); ++s) {
    for (std::size_t t = s + 1; t < n; ++t) add(sources[s].name + " + " + sources[t].name, {s, t});
  }
  for (std::size_t s = 0; s < n && wanted("leave-one-out"); ++s) {
    std::vector<std::size_t> rest = all;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(s));
    add("all but " + sources[s].name, rest);
  }
  if (n > 1) arms.push_back({"all, equal weights", all, false});
  add("all", all);
  return arms;
}

/// The evaluations of each arm, one for each split.
class Ablation {
 public:
  Ablation(const Fused::Config& config, const FuseOptions& options) : config_(config), options_(options) {}

  /// `whole`: of all sources, with its one vector.
  void run(const FittedSources& fitted, const Fused& whole, const SplitDataset& data,
           const Context& context) {
    Fused::Config config = config_;
    config.dimensions = 0;
    const FittedSources equal{fitted.sources, fitted.events, {}, {}};
    const std::vector<Arm> arms = arms_of(fitted.sources, options_.ablation);
    names_.clear();
    for (const Arm& arm : arms) {
      context.remark(fmt::format("ablation: {} ({} of {})", arm.name, names_.size() + 1, arms.size()));
      add(arm.name, *fuse(arm.learned ? fitted : equal, arm.sources, config, context), data, context);
    }
    if (whole.embedding_dim() > 0)
      add(fmt::format("all, one vector of {}", whole.embedding_dim()),
          VectorModel(whole.embeddings().clone()), data, context);
  }

  ModelComparison finish(const Context& context) {
    ModelComparison comparison;
    for (std::size_t a = 0; a < parts_.size(); ++a) {
      ModelResult& result = comparison.results.emplace_back();
      result.model = names_[a];
      result.evaluation =
          parts_[a].size() > 1 ? pool(parts_[a], options_.evaluation, context) : std::move(parts_[a].front());
    }
    comparison.tests = test_models(comparison.results, context);
    return comparison;
  }

 private:
  void add(std::string name, const Model& model, const SplitDataset& data, const Context& context) {
    EvaluateOptions evaluation = options_.evaluation;
    if (options_.splits > 1) evaluation.resamples = 0;  // pooling makes the intervals
    evaluation.each_event = data.split.holdout == Holdout::kSessions;
    if (parts_.size() == names_.size()) parts_.emplace_back();
    parts_[names_.size()].push_back(
        evaluate(model, Fused::kTraits, data.known_data(), data.test, evaluation, context));
    names_.push_back(std::move(name));
  }

  const Fused::Config& config_;
  const FuseOptions& options_;
  std::vector<std::string> names_;
  std::vector<std::vector<Evaluation>> parts_;  // by arm
};

void describe(const FittedSources& fitted, const Fused& model, FuseResult& result) {
  for (std::size_t s = 0; s < fitted.sources.size(); ++s) {
    const FusedSource& source = fitted.sources[s];
    SourceFacts& facts =
        result.sources.emplace_back(SourceFacts{source.name, source.kind, source.coverage(), source.dim()});
    for (std::size_t k = 0; k < facts.weights.size(); ++k) facts.weights.at(k) = model.gate().weights()[k][s];
  }
  result.items = fitted.events.size();
  result.queries = fitted.queries.by_stratum();
  result.records = model.records();
}

}  // namespace

FuseResult train_fused(Dataset data, const Fused::Config& given, const FuseOptions& options,
                       const Context& context) {
  check_ablation(options);
  Fused::Config config = given;
  const std::vector<SourceSpec> specs = config.sources.empty()
                                            ? choose_sources(ItemContent(data))
                                            : without_bundles(parse_sources(config.sources));
  if (!config.sources.empty()) config.sources = to_string(specs);
  const VectorFiles files(specs, data.items, context);
  WordVectors words;
  if (!options.word_vectors.empty()) words = read_word_vectors(options.word_vectors);
  FuseResult result;
  Ablation ablation(config, options);
  for (int number = 0; number < options.splits; ++number) {
    FitContext own{context};
    own.seed = context.seed + static_cast<std::uint64_t>(number);
    if (!options.word_vectors.empty()) own.words = &words;
    const SplitSpec split = choose_split(options.holdout, data, own.seed);
    if (!options.ablation.empty() && split.holdout == Holdout::kNone)
      fail(ErrorCode::kUsage, "holdout none leaves nothing to measure sources on");
    if (options.splits > 1) context.remark(fmt::format("split {} of {}", number + 1, options.splits));
    const bool last = number + 1 == options.splits;
    SplitDataset parts = split_dataset(last ? std::move(data) : Dataset(data), split);
    const auto start = std::chrono::steady_clock::now();
    const FittedSources fitted =
        fit_fused(parts.training_data(), config, own,
                  [&](const SourceSpec& source, const TrainingData& training, const FitContext& fitting) {
                    return files(source, training, fitting);
                  });
    auto model = fuse(fitted, config, own);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!options.ablation.empty()) ablation.run(fitted, *model, parts, own);
    if (number > 0) continue;
    describe(fitted, *model, result);
    result.split = summarize_split(split, "", parts.known_data().events, parts.test);
    result.bundle = make_bundle(std::move(parts), ModelSpec(Fused::kName, get_params(config.params())),
                                own.seed, {std::move(model), seconds});
    result.counts = {result.bundle.count(Subset::kTrain), result.bundle.count(Subset::kValidation),
                     result.bundle.count(Subset::kHistory), result.bundle.test.size()};
  }
  if (!options.ablation.empty()) result.ablation = ablation.finish(context);
  return result;
}

}  // namespace akin
