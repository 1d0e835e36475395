#include "akin/cli/training.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/cli/shop_text.h"
#include "akin/report/report_json.h"
#include "akin/report/text_table.h"

namespace akin::cli {
namespace {

/// The parameter that gives the length of the vectors, 0 if the model has none.
double vector_length(const ParamValues& params) {
  for (const char* const name : {"factors", "dim", "vector_size", "size"}) {
    const auto found = params.find(name);
    if (found == params.end()) continue;
    double length = 0;
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), length);
    return length;
  }
  return 0;
}

}  // namespace

std::string holdout_help() {
  return "what to keep out of training for evaluation: last (each user's last event), ratio:F (a random "
         "share of all events), user-ratio:F (of each user's), time:F (the latest share), user-time:F (of "
         "each user's), fold:I/K (fold I of K), sessions:F (the latest users, from their second event on), "
         "cold-items:F (all of some items), cold-users:F (the later half of some users), given (the split "
         "the files came with), none. F is 0.2 unless said, 0.1 for sessions and cold-*. Default: given if "
         "there is one, else last";
}

SplitSpec choose_split(const std::string& text, const Dataset& data, std::uint64_t seed) {
  if (!text.empty()) return parse_split(text, seed);
  return {.holdout = data.has_given_split() ? Holdout::kGiven : Holdout::kLast, .seed = seed};
}

void SplitFlags::add_to(CommandLine& line) {
  line.add({"--holdout", "HOW", &holdout_, holdout_help()});
  line.add({"--validation", "", &validation_,
            "keep a validation part out of training too, cut from the rest in the same way, to choose "
            "parameters by; the test part stays the same"});
}

SplitSpec SplitFlags::spec(const Dataset& data, std::uint64_t seed) const {
  SplitSpec spec = choose_split(holdout_, data, seed);
  spec.validation = validation_;
  return spec;
}

std::vector<SplitSpec> SplitFlags::specs(const Dataset& data, std::uint64_t seed) const {
  if (holdout_.empty()) return {spec(data, seed)};
  std::vector<SplitSpec> specs = parse_protocol(holdout_, seed);
  for (SplitSpec& spec : specs) spec.validation = validation_;
  return specs;
}

std::string training_note(const Dataset& data, const ModelEntry& entry, const ParamValues& params) {
  // Events, their two sorted copies that models keep while training, and a vector with its gradient per row.
  const double events = 24.0 + 2 * 8.0;
  const double rows = static_cast<double>(data.n_users() + data.n_items());
  const double bytes =
      static_cast<double>(data.events.size()) * events + rows * vector_length(entry.complete(params)) * 8.0;
  return fmt::format("{}: {} users, {} items, {} events; needs about {} of memory{}", entry.name,
                     format_count(data.n_users()), format_count(data.n_items()),
                     format_count(data.events.size()), format_bytes(bytes),
                     entry.traits.stores_pairs ? " beside what pairs of items take" : "");
}

std::unique_ptr<Watch> make_watch(const Arena& arena, const Contender& contender,
                                  const MonitorOptions& options, const Context& context) {
  std::vector<Event> known = arena.known_for_validation();
  const std::span<const Event> events = known;  // stay where they are when the vector is moved
  const ModelEntry& entry = *contender.entry;
  const FitSubject subject{.model = std::string(entry.name),
                           .traits = entry.traits,
                           .params = entry.complete(contender.params),
                           .data = {arena.shop, events},
                           .each_event = arena.split.holdout == Holdout::kSessions};
  return std::unique_ptr<Watch>(
      new Watch{std::move(known), FitMonitor(subject, arena.validation, options, context)});
}

Outcome compete(const Contender& contender, const Arena& arena, const CompeteOptions& options,
                Session& session) {
  Outcome outcome{.contender = contender};
  const ModelEntry& entry = *contender.entry;
  ModelResult& result = outcome.result;
  try {
    result.model = entry.name;
    result.params = entry.complete(contender.params);
    Context context = session.context();
    std::unique_ptr<Watch> watch;
    if (entry.traits.iterative()) {
      MonitorOptions monitor{.patience = options.patience};
      if (!arena.validation.empty()) monitor.metric = WatchedMetric::default_for(entry.traits);
      watch = make_watch(arena, contender, monitor, context);
      context.observer = &watch->monitor;
    }
    Fitted fitted = fit_in(arena, entry, contender.params, context);
    outcome.model = std::move(fitted.model);
    result.fit_seconds = fitted.seconds;
    if (watch) {
      result.curve = watch->monitor.curve();
      result.watched = watch->monitor.metric();
    }
    result.evaluation = evaluate(*outcome.model, entry.traits, arena.known_data(), arena.test,
                                 options.evaluation, session.context());
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    outcome.failure = error.what();
    outcome.model.reset();
  }
  session.progress().clear();
  return outcome;
}

void add_map(const std::string& name, const Model& model, const Arena& arena, const Context& context,
             ModelComparison& comparison) {
  std::vector<std::uint64_t> popularity(arena.shop.n_items(), 0);
  for (const Event& event : arena.shop.events) ++popularity[event.item];
  comparison.map_model = name;
  comparison.map = embedding_map(model, arena.shop, popularity, {}, context);
}

std::vector<ModelResult> succeeded(const std::vector<Outcome>& outcomes) {
  std::vector<ModelResult> results;
  for (const Outcome& outcome : outcomes) {
    if (outcome.failure.empty()) results.push_back(outcome.result);
  }
  return results;
}

std::string failure_lines(const std::vector<Outcome>& outcomes) {
  std::string text;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.failure.empty())
      text += fmt::format("{}: failed: {}\n", outcome.result.model, outcome.failure);
  }
  return text;
}

nlohmann::json outcomes_json(const std::vector<Outcome>& outcomes, const ModelComparison& comparison) {
  nlohmann::json result = comparison_json(comparison);
  for (const Outcome& outcome : outcomes) {
    if (!outcome.failure.empty())
      result["models"].push_back({{"model", outcome.result.model}, {"error", outcome.failure}});
  }
  return result;
}

void add_outcomes(HtmlReport& page, const std::vector<Outcome>& outcomes, const ModelComparison& comparison) {
  add_comparison(page, comparison);
  for (const Outcome& outcome : outcomes) {
    if (!outcome.failure.empty())
      page.paragraph(fmt::format("{} failed: {}", outcome.result.model, outcome.failure));
  }
}

}  // namespace akin::cli
