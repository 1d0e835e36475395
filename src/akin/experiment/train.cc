#include "akin/experiment/train.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/files.h"
#include "akin/base/format.h"
#include "akin/catalog/sources.h"
#include "akin/data/event_contexts.h"
#include "akin/experiment/fit_watched.h"
#include "akin/experiment/model_result.h"
#include "akin/experiment/watched_metric.h"
#include "akin/nets/net_train.h"
#include "akin/store/embeddings_reader.h"
#include "akin/store/make_bundle.h"
#include "akin/store/word_vectors.h"

namespace akin {
namespace {

/// The parameter that gives the length of the vectors, 0 if the model has none.
double vector_length(const ParamValues& params) {
  const auto found = params.find("factors");
  double length = 0;
  if (found != params.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), length);
  return length;
}

PretrainedItems read_init_items(const std::string& path, const Dataset& dataset, const Context& context) {
  MatchedItems match = match_items(read_embeddings(path), dataset.items, path);
  context.remark(fmt::format(
      "{}: vectors of {} of {} items{}", path, format_count(match.matched), format_count(dataset.n_items()),
      match.unknown == 0
          ? ""
          : fmt::format(", and {} of items that are not in the data", format_count(match.unknown))));
  return std::move(match.items);
}

/// `owners` are the ranks that the events are divided among.
std::string training_note(const Dataset& data, const ModelSpec& model, int fetch_mib,
                          const Communicator& owners) {
  const std::uint64_t events = sum_over_ranks(owners, data.events.size());
  return fmt::format("{}: {} users, {} items, {} events; {} about {} of memory{}", model.name(),
                     format_count(data.n_users()), format_count(data.n_event_items()), format_count(events),
                     owners.alone() ? "needs" : fmt::format("each of {} processes needs", owners.size()),
                     format_bytes(training_memory(data, model, fetch_mib)),
                     model.traits().stores_pairs ? " plus the memory for pairs of items"
                     : model.traits().needs_nets ? " plus that of the net"
                                                 : "");
}

/// The text of the first rank if every rank has one: where events are divided, one alone may not see all.
std::string said_by_all(const std::string& text, const Communicator& owners) {
  const std::vector<std::string> texts = gather_texts(owners, text);
  return std::ranges::count(texts, "") == 0 ? texts[0] : "";
}

EventCounts count_events(const Bundle& bundle, const Communicator& owners) {
  EventCounts counts{bundle.count(Subset::kTrain), bundle.count(Subset::kValidation),
                     bundle.count(Subset::kHistory), bundle.test.size()};
  for (std::uint64_t* const count : {&counts.training, &counts.validation, &counts.history, &counts.held_out})
    *count = sum_over_ranks(owners, *count);
  return counts;
}

void check(const ModelSpec& model, const TrainOptions& options) {
  if (options.monitor.patience < 0 || options.monitor.stop_after < 0)
    fail(ErrorCode::kUsage, "patience and stop_after must be at least 0");
  if ((needs_monitor(options.monitor) || options.monitor.patience > 0) && !model.traits().iterative) {
    fail(ErrorCode::kUsage, "{} is not trained in epochs: it has no early stopping and no checkpoints",
         model.name());
  }
  if (options.monitor.resume && options.monitor.checkpoint.empty())
    fail(ErrorCode::kUsage, "resume: name the checkpoint to continue from");
  if (!options.init_items.empty() && !model.traits().takes_item_vectors)
    fail(ErrorCode::kUsage, "{} cannot start from item vectors", model.name());
}

/// What TrainOptions::embedding comes to: parameters and a file of vectors to start from.
void choose_embedding(const std::string& text, ModelSpec& model, std::string& init_items) {
  if (text.empty()) return;
  const ParamValues params = model.all_params();
  if (!params.contains("freeze_items"))
    fail(ErrorCode::kUsage, "embedding: {} is not a net with an embedding of items", model.name());
  if (text != "learned" && text != "one-hot" && !text.starts_with("pretrained=")) {
    fail(ErrorCode::kUsage,
         "embedding '{}': expected learned, one-hot, pretrained=FILE or pretrained=FILE,freeze; the length "
         "of the "
         "vectors is {}",
         text, params.contains("mlp_factors") ? "--factors and --mlp-factors" : "--factors");
  }
  const nets::EmbeddingChoice choice = nets::parse_embedding_choice(text);
  if (!init_items.empty())
    fail(ErrorCode::kUsage,
         "embedding and init_items both say where item vectors come from; give one of them");
  if (choice.vectors == nn::VectorSource::kOneHot && params.at("lazy") == "true") {
    fail(ErrorCode::kUsage,
         "embedding one-hot: the weights of a dense layer are all updated in every step; train without lazy");
  }
  init_items = choice.file;
  if (choice.freeze) model.params["freeze_items"] = "true";
}

}  // namespace

double training_memory(const Dataset& data, const ModelSpec& model, int fetch_mib) {
  // All events and those of the training part, two sorted copies of these that models keep while training, and a vector
  // with its gradient per row.
  const double events = 2 * sizeof(Event) + 2 * 8.0;
  const double length = model.traits().needs_nets ? 0 : vector_length(model.all_params());
  auto users = static_cast<double>(data.n_users());
  double fetched = 0;  // and sent
  if (model.traits().divides_users && !data.user_bounds.empty()) {
    if (model.traits().fetches_users) fetched = 2 * std::min(users * length * 4, std::ldexp(fetch_mib, 20));
    users = 0;
    for (std::size_t r = 0; r + 1 < data.user_bounds.size(); ++r)
      users = std::max(users, static_cast<double>(data.user_bounds[r + 1] - data.user_bounds[r]));
  }
  const double rows = users + static_cast<double>(data.n_event_items());
  return static_cast<double>(data.events.size()) * events + rows * length * 8.0 + fetched;
}

namespace {

/// Measures a fit, then makes the one that is to be used.
TrainResult train_final(Dataset data, const ModelSpec& model, const TrainOptions& options,
                        const Context& context) {
  TrainOptions first = options, last{.holdout = "none",
                                     .init_items = options.init_items,
                                     .embedding = options.embedding,
                                     .word_vectors = options.word_vectors};
  first.final = false;
  if (choose_split(options.holdout, data, context.seed).holdout == Holdout::kNone)
    fail(ErrorCode::kUsage, "final: holdout none leaves nothing to measure on; leave one of them out");
  const std::size_t all_events = data.events.size();
  TrainResult measured = train(Dataset(data), model, first, context);
  Measured figures = measure(measured.bundle, context);
  if (measured.history) {
    const CurvePoint* const best = measured.history->best();
    figures.epochs = best != nullptr ? best->epoch : measured.history->epochs;
    last.monitor.stop_after = figures.epochs;
  }
  measured.bundle = {};  // its memory is needed
  context.remark(fmt::format("measured; fitting again, to all {} events", format_count(all_events)));
  TrainResult result = train(std::move(data), model, last, context);
  result.bundle.measured = std::move(figures);
  result.split = std::move(measured.split);
  result.history = std::move(measured.history);
  return result;
}

}  // namespace

TrainResult train(Dataset data, const ModelSpec& given_model, const TrainOptions& options,
                  const Context& context) {
  check(given_model, options);
  if (options.final) return train_final(std::move(data), given_model, options, context);
  ModelSpec model = given_model;
  std::string init_items = options.init_items;
  choose_embedding(options.embedding, model, init_items);
  MonitorOptions monitor = options.monitor;
  if (monitor.patience > 0 && monitor.metric.empty())
    monitor.metric = WatchedMetric::default_for(model.traits());
  const Communicator& owners = data.user_bounds.empty() ? alone() : context.ranks();
  if (!owners.alone() && !monitor.metric.empty())
    fail(ErrorCode::kUsage, "a fit is evaluated on whole data only, and these are divided among processes");
  if (const std::string missing = said_by_all(missing_source(model, data), owners); !missing.empty())
    fail(ErrorCode::kBadData, "{}", missing);
  note_contexts(data, event_attributes_of(model));
  SplitSpec split = choose_split(options.holdout, data, context.seed, owners);
  split.validation = options.validation || !monitor.metric.empty();
  const std::string reason = options.holdout.empty() ? default_split_reason(data, owners) : "";
  context.remark(training_note(data, model, options.fetch_mib, owners));
  SplitDataset parts = split_dataset(std::move(data), split, owners);
  if (const std::string remark = said_by_all(source_remark(model, parts.dataset), owners); !remark.empty())
    context.remark(remark);
  if (monitor.resume && !file_exists(monitor.checkpoint))
    context.remark(fmt::format("{}: no checkpoint yet, starting from the beginning", monitor.checkpoint));
  PretrainedItems pretrained;
  FitStart start;
  FitContext fit_context{context};
  fit_context.fetch_bytes = static_cast<std::size_t>(options.fetch_mib) << 20;
  WordVectors words;
  if (!options.word_vectors.empty()) {
    words = read_word_vectors(options.word_vectors);
    fit_context.words = &words;
  }
  if (!init_items.empty()) {
    pretrained = read_init_items(init_items, parts.dataset, context);
    start.items = &pretrained;
    fit_context.start = &start;
  }
  WatchedFit fit = fit_watched(model, parts, monitor, fit_context);
  if (fit.history && fit.history->resumed_at > 0)
    context.remark(fmt::format("resumed after epoch {}", fit.history->resumed_at));
  FitLog log = std::move(fit.fitted.log);
  SplitSummary summary = summarize_split(split, reason, parts.known_data().events, parts.test, owners);
  Bundle bundle = make_bundle(std::move(parts), model, context.seed, std::move(fit.fitted));
  const EventCounts counts = count_events(bundle, owners);
  return {std::move(bundle), counts, std::move(log), std::move(summary), std::move(fit.history)};
}

}  // namespace akin
