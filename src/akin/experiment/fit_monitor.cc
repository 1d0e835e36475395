#include "akin/experiment/fit_monitor.h"

#include <bit>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/files.h"
#include "akin/base/hash.h"
#include "akin/base/same_file.h"
#include "akin/eval/evaluate.h"

namespace akin {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Goes on from the hash of the events before.
std::uint64_t hash_events(std::span<const Event> events, std::uint64_t hash) {
  for (const Event& event : events) {
    // Whole seconds as seconds: checkpoints of versions that knew no others stay valid.
    const bool whole = event.time != kNoTime && event.time % kSecond == 0;
    const std::int64_t time = whole ? event.time / kSecond : event.time;
    const std::uint64_t words[] = {event.user, event.item, std::bit_cast<std::uint32_t>(event.value),
                                   static_cast<std::uint64_t>(event.kind), static_cast<std::uint64_t>(time)};
    hash = hash_bytes(words, sizeof words, hash);
  }
  return hash;
}

}  // namespace

std::uint64_t fingerprint(std::span<const Event> events, const Communicator& ranks) {
  std::uint64_t hash = sum_over_ranks(ranks, events.size());
  change_in_order(ranks, std::span(&hash, 1), [&] { hash = hash_events(events, hash); });
  return hash;
}

FitMonitor::FitMonitor(FitSubject subject, std::span<const Event> validation, MonitorOptions options,
                       const Context& context)
    : subject_(std::move(subject)), validation_(validation), options_(std::move(options)), context_(context) {
  context_.on_progress = {};  // the fit's own progress is what is shown
  if (options_.metric.empty()) return;
  metric_ = WatchedMetric(options_.metric, subject_.traits);
  if (options_.every < 1)
    fail(ErrorCode::kUsage, "eval_every is {}; it must be at least 1 epoch", options_.every);
  if (validation_.empty())
    fail(ErrorCode::kBadData, "there are no validation events to watch {} on", options_.metric);
}

std::map<std::string, std::string> FitMonitor::identify() const {
  const TrainingData& data = subject_.data;
  const Communicator& owners = data.user_bounds.empty() ? alone() : context_.ranks();  // who has the events
  std::map<std::string, std::string> result = {
      {"model", subject_.model},
      {"seed", std::to_string(context_.seed)},
      {"number of users", std::to_string(data.n_users())},
      {"number of items", std::to_string(data.n_items())},
      {"hash of the training events", fmt::format("{:016x}", fingerprint(data.events, owners))}};
  for (const auto& [name, value] : subject_.params) result["parameter " + name] = value;
  if (!subject_.item_vectors.empty()) result["hash of the given item vectors"] = subject_.item_vectors;
  if (options_.metric.empty()) return result;
  result["metric watched"] = options_.metric;
  result["number of epochs between evaluations"] = std::to_string(options_.every);
  result["hash of the validation events"] = fmt::format("{:016x}", fingerprint(validation_));
  return result;
}

int FitMonitor::begin(FitState& state, int epochs) {
  planned_ = epochs;
  start_ = saved_at_ = Clock::now();
  if (!options_.checkpoint.empty()) identity_ = identify();
  if (!options_.resume || !checkpoint_exists()) return 0;
  check_same_file(context_.ranks(), options_.checkpoint);
  FitCheckpoint checkpoint = load_checkpoint(options_.checkpoint, identity_, state);
  if (checkpoint.epoch > epochs) {
    fail(ErrorCode::kBadData, "{}: is after epoch {}, but {} are planned", options_.checkpoint,
         checkpoint.epoch, epochs);
  }
  const CurvePoint* const best_of_curve = best_point(checkpoint.curve, metric_.better());
  if (checkpoint.best_epoch != (best_of_curve ? best_of_curve->epoch : 0)) {
    fail(ErrorCode::kBadData,
         "{}: its best epoch, {}, is not that of its learning curve; start the fit again",
         options_.checkpoint, checkpoint.best_epoch);
  }
  curve_ = std::move(checkpoint.curve);
  checkpoint.last.put(state);
  done_ = resumed_at_ = saved_ = checkpoint.epoch;
  seconds_before_ = curve_.back().seconds;
  best_ = std::move(checkpoint.best);
  if (best_.empty() && checkpoint.best_epoch == done_) best_.take(state);
  return ends_at(done_) || out_of_patience() ? epochs : done_;
}

/// What the first rank sees is what all do: one that cannot read the file fails, and ends the job.
bool FitMonitor::checkpoint_exists() const {
  char exists = file_exists(options_.checkpoint) ? 1 : 0;
  context_.ranks().broadcast(std::as_writable_bytes(std::span(&exists, 1)), 0);
  return exists != 0;
}

FitHistory FitMonitor::history() const {
  return {.curve = curve_,
          .metric = metric_.name(),
          .better = metric_.better(),
          .epochs = done_,
          .resumed_at = resumed_at_,
          .out_of_patience = out_of_patience()};
}

bool FitMonitor::ends_at(int done) const {
  return done >= planned_ || (options_.stop_after > 0 && done >= options_.stop_after);
}

bool FitMonitor::out_of_patience() const {
  return options_.patience > 0 && evaluations_since_best(curve_, metric_.better()) >= options_.patience;
}

bool FitMonitor::after_epoch(int done, double loss, const FitState& state, const Snapshot& snapshot) {
  CurvePoint point{.epoch = done, .loss = loss};
  if (!options_.metric.empty() && (done % options_.every == 0 || ends_at(done))) {
    EvaluateOptions options = metric_.options();
    options.each_event = subject_.each_event;
    options.candidates = options_.candidates;
    const Evaluation evaluation =
        evaluate(*snapshot(), subject_.traits, subject_.data, validation_, options, context_);
    const Metric metric = metric_.of(evaluation);
    point.value = metric.value;
    point.low = metric.low;
    point.high = metric.high;
  }
  point.seconds = seconds_before_ + seconds_since(start_);
  curve_.push_back(point);
  done_ = done;
  if (const CurvePoint* point_of_best = best(); point_of_best && point_of_best->epoch == done)
    best_.take(state);
  const bool more = !ends_at(done) && !out_of_patience();
  if (!options_.checkpoint.empty()) {
    last_.take(state, context_.ranks());
    // Of several ranks one may be lost at any time, and what all have done since with it.
    const bool each_epoch = !context_.ranks().alone();
    if (!more || each_epoch || seconds_since(saved_at_) >= options_.checkpoint_seconds) write_checkpoint();
  }
  return more;
}

void FitMonitor::write_checkpoint() {
  const CurvePoint* best_so_far = best();
  FitCheckpoint checkpoint{.identity = identity_,
                           .epoch = done_,
                           .curve = curve_,
                           .best_epoch = best_so_far ? best_so_far->epoch : 0,
                           .last = std::move(last_),
                           .best = {}};
  if (checkpoint.best_epoch != done_) std::swap(checkpoint.best, best_);
  save_checkpoint(checkpoint, options_.checkpoint, context_.ranks());
  if (checkpoint.best_epoch != done_) std::swap(checkpoint.best, best_);
  last_ = std::move(checkpoint.last);
  saved_ = done_;
  saved_at_ = Clock::now();
}

void FitMonitor::end(FitState& state) {
  if (const CurvePoint* point = best(); point && point->epoch != done_) best_.put(state);
}

void FitMonitor::cancelled() {
  if (!options_.checkpoint.empty() && done_ > saved_) write_checkpoint();
}

}  // namespace akin
