#include "akin/base/synonyms.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/text.h"

namespace akin {
namespace {

enum class Kind {
  kOneOfSeveral,
  kOnly,     ///< no other one is suggested beside it
  kNegated,  ///< a switch that means the opposite
};

struct Synonyms {
  std::string_view name;
  std::string_view others;  ///< separated by spaces
  Kind kind = Kind::kOneOfSeveral;
};

// gensim 3 and 4, implicit, Keras, LIBMF, LightFM, scikit-learn, Surprise, the authors' NCF and earlier
// versions of akin. Where a word means several things, a model has only one of them, or the first line that
// says kOnly decides.
constexpr auto kSynonyms = std::to_array<Synonyms>({
    {"mlp_factors", "embedding", Kind::kOnly},
    {"factors",
     "size vector_size n_factors num_factors f dim dims dimension dimensions embedding embedding_dim "
     "embedding_size output_dim n_components no_components num_components rank latent_dim"},
    {"mlp_factors", "embedding_dim embedding_size"},
    {"epochs",
     "iter iters iterations n_epochs num_epochs nb_epoch n_iter num_iterations max_iter sweeps passes"},
    {"max_sweeps", "max_iter n_iter"},
    {"power_iterations", "n_iter iterations"},
    {"infer_epochs", "steps"},
    {"pretrain_epochs", "pretrain"},
    {"threads", "workers num_workers num_threads n_jobs jobs nthreads"},
    {"seed", "random_state random_seed"},
    {"learning_rate",
     "alpha lr lr_all lr_bu lr_bi lr_pu lr_qi lr_yj learn_rate learning_rate_init initial_lr eta step_size"},
    {"min_learning_rate", "min_alpha end_alpha"},
    {"learning_rate_decay", "decay lr_decay", Kind::kOnly},
    {"history_decay", "decay", Kind::kOnly},
    {"schedule", "learning_schedule"},
    {"fine_tune_optimizer", "fine_tune"},
    {"fine_tune_learning_rate", "fine_tune_rate"},
    {"asymmetric_alpha", "alpha"},
    {"mlp_regularization", "layers_regularization reg_layers", Kind::kOnly},
    {"user_regularization", "reg_u reg_pu lambda_u user_alpha", Kind::kOnly},
    {"item_regularization", "reg_i reg_qi lambda_i item_alpha", Kind::kOnly},
    {"implicit_regularization", "reg_yj"},
    {"regularization",
     "reg reg_all reg_mf reg_layers reg_pu reg_qi lambda lambda_ l2 l2_reg weight_decay reg_param alpha "
     "user_alpha item_alpha embeddings_regularizer"},
    {"bias_regularization", "reg_b reg_bu reg_bi lambda_b"},
    {"l1", "l1_ratio"},
    {"metadata_weight", "lambda"},
    {"negatives", "negative neg n_negatives num_negatives num_neg neg_prop negative_samples num_sampled"},
    {"shared_negatives", "shared_noise"},
    {"negatives_power", "ns_exponent popularity_power"},
    {"max_neighbors", "k n_neighbors num_neighbors"},
    {"neighbors", "k n_neighbors num_neighbors topk top_k knn"},
    {"neighbors_of", "lists"},
    {"min_neighbors", "min_k"},
    {"min_overlap", "min_support"},
    {"similarity", "sim_options"},
    {"shrinkage", "shrink"},
    {"batch_size", "batch batch_words minibatch minibatch_size"},
    {"half_life_days", "half_life decay"},
    {"use_values", "ignore_values", Kind::kNegated},
    {"init_sigma", "init_std_dev init_std init_stdev stddev"},
    {"report_loss", "calculate_training_loss compute_loss"},
    {"biases", "biased bias use_bias"},
    {"layers", "hidden_layers hidden_units hidden_layer_sizes units"},
    {"dropout", "dropout_rate drop_rate rate"},
    {"optimizer", "opt"},
    {"solver", "use_cg"},
    {"tolerance", "tol"},
    {"count_power", "nu"},
    {"loss", "loss_function"},
    {"window", "window_size"},
    {"sample", "subsample"},
    {"min_count", "min_freq min_df"},
    {"max_trials", "max_sampled"},
    {"cg_steps", "cg_iterations"},
    {"metric", "monitor"},
    {"eval_every", "validation_freq"},
    {"holdout", "test_size validation_split"},
    {"quiet", "verbose"},
    {"top", "k n topn top_n topk top_k"},
    // nets
    {"bias", "use_bias"},
    {"units", "filters output_dim"},
    {"kernel", "kernel_size"},
    {"pool", "pool_size"},
    {"rows", "input_dim"},
    {"mse", "mean_squared_error"},
    {"mae", "mean_absolute_error"},
    {"accuracy", "acc"},
});

/// Names that mean something else than what is spelled alike.
constexpr auto kWithoutCounterpart = std::to_array<std::string_view>(
    {"activation", "dv", "init_high", "mape", "rate", "validation_data", "validation_steps", "weight_decay"});

/// "--N-factors" -> "n_factors".
std::string plain(std::string_view name) {
  std::string result(name.substr(std::min(name.find_first_not_of('-'), name.size())));
  for (char& c : result) c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::string suggested(const Synonyms& synonyms, const std::string& candidate) {
  if (synonyms.kind != Kind::kNegated) return candidate;
  if (candidate.starts_with("--")) return "--no-" + candidate.substr(2);
  return candidate + " with the opposite value";
}

}  // namespace

std::string did_you_mean_parameter(std::string_view name, std::span<const std::string> candidates) {
  const std::string wanted = plain(name);
  std::vector<std::string> meant;
  for (const Synonyms& synonyms : kSynonyms) {
    const std::vector<std::string_view> others = split(synonyms.others, ' ');
    if (std::ranges::find(others, wanted) == others.end()) continue;
    const auto found = std::ranges::find(candidates, synonyms.name, plain);
    if (found == candidates.end()) continue;
    if (synonyms.kind == Kind::kOnly) meant.clear();
    meant.push_back(suggested(synonyms, *found));
    if (synonyms.kind == Kind::kOnly) break;
  }
  if (meant.empty()) {
    const bool other = std::ranges::find(kWithoutCounterpart, wanted) != kWithoutCounterpart.end();
    return other ? "" : did_you_mean(name, candidates);
  }
  if (meant.size() > 3) meant.resize(3);
  std::string text;
  for (const std::string& candidate : meant) text += (text.empty() ? "" : ", ") + candidate;
  return " (did you mean " + text + "?)";
}

}  // namespace akin
