// Results as JSON: the one home of every field that programs read.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "akin/data/builder.h"
#include "akin/data/describe.h"
#include "akin/data/synthetic.h"
#include "akin/experiment/compare.h"
#include "akin/experiment/forget.h"
#include "akin/experiment/predict.h"
#include "akin/experiment/train.h"
#include "akin/experiment/update.h"
#include "akin/nets/net_train.h"
#include "akin/nets/net_use.h"
#include "akin/report/tune_report.h"
#include "akin/serve/analogies.h"
#include "akin/serve/service.h"
#include "akin/serve/text_embedder.h"

namespace akin {

// What is not known, NaN among it, is null. Ids and names that are not UTF-8 have their bad bytes replaced by
// U+FFFD where nothing else is said.

/// A number, or null where it is not finite.
nlohmann::json number_json(double value);
/// The text with bytes that are not UTF-8 replaced.
std::string valid_utf8(const std::string& text);

// Data.
nlohmann::json import_json(const ImportReport& report, const Dataset& data);
nlohmann::json describe_json(const Description& description);
nlohmann::json synthetic_json(const SyntheticFiles& files);

// Experiments.
/// {name, summary, traits..., params: [{name, type, default, help, min, max, search, choices}]}
nlohmann::json model_json(const ModelEntry& entry);
/// `path`: where the bundle is.
nlohmann::json train_json(const TrainResult& result, const std::string& path);
/// {holdout, default_reason?, users, held_out_users, events, held_out_events}
nlohmann::json split_json(const SplitSummary& split);
/// {metric, best_epoch, best_value, epochs, resumed_at, curve: [{epoch, loss, value, seconds}]}
nlohmann::json history_json(const FitHistory& history);
nlohmann::json update_json(const UpdateResult& result, const std::string& path);
/// {dry_run, missing, files: [{file, kind, action, model?, users, events, ...}]}
nlohmann::json forget_json(const ForgetResult& result, const ForgetOptions& options);
nlohmann::json evaluation_json(const Evaluation& evaluation);
/// {holdout, training_events, epochs?, evaluation}: what the bundle keeps of its measurement.
nlohmann::json measured_json(const Bundle& bundle);
/// {model, params, holdout, evaluation}
nlohmann::json evaluated_json(const ModelResult& result, const SplitSpec& split);
/// {models: [{model, params, fit_seconds, evaluation} or {model, error}], tests: [{metric, best, significant,
/// rivals}]}
nlohmann::json comparison_json(const ModelComparison& comparison);
nlohmann::json tune_json(const TuneReport& report);

// Answers.
/// Sets `name` to the id, and where it is not valid UTF-8, of which JSON keeps marks only, NAME_hex to its bytes.
void set_id(nlohmann::json& entry, std::string_view name, std::string_view id);
/// [{rank, item, item_hex?, score, title?}, ...]
nlohmann::json ranked_json(const Dataset& dataset, std::span<const Scored> ranked);
/// [{item, item_hex?, title?}, ...]
nlohmann::json items_json(const Dataset& dataset, std::span<const idx_t> items);
/// {user, history, exclude}
nlohmann::json unknown_json(const UnknownIds& unknown);
/// {items, fallback, user?, last_items?, history?, unknown?: {user, history, exclude}}; `last`: the user's last
/// items, if one was asked for.
nlohmann::json recommendations_json(const Dataset& dataset, const RecommendRequest& request,
                                    const Recommendations& answer, std::span<const idx_t> last);
/// {item, score, causes: [{item, adds}], other_causes: {count, adds}, base, words?: [{word, adds}], without_words?, sources?:
/// [{source, adds, weight, z, known}]}, with the first `causes` causes; base and all causes are the score, and so are
/// without_words and all words, and all sources.
nlohmann::json explanation_json(const Dataset& dataset, const Explained& explained, std::size_t causes);
/// {kind, low, high, stand_in, predictions: [{user, item, prediction, note?}]}; note as prediction_note().
nlohmann::json pair_predictions_json(std::span<const UserItem> pairs, const Predictions& predictions);
nlohmann::json analogies_json(std::span<const AnalogySection> sections, const AnalogySection& total);
/// {words, unknown, unknown_words}
nlohmann::json word_counts_json(const TextVectors& embedded);

// Nets.
nlohmann::json net_json(const nn::NetSpec& spec);
/// {net, parameters, epochs: [{epoch, seconds, loss, ...}], best_epoch, stopped_early, file, held_out?, constant,
/// constant_part, gradient_norms?: {layer: norm}, step_gradient_norms?: {recurrent layer: [norm, step 0 first]}}
nlohmann::json trained_net_json(const nets::TrainedNet& trained, const std::string& path);
nlohmann::json net_scores_json(const nets::NetScores& scores);
nlohmann::json predictions_json(const nets::NetPredictions& predictions);

}  // namespace akin
