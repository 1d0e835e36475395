#include "akin/base/synonyms.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/text.h"

namespace akin {
namespace {

struct Synonyms {
  std::string_view name;
  std::string_view others;  ///< separated by spaces
};

// gensim 3 and 4, implicit, Keras, scikit-learn, Surprise, LightFM and earlier versions of akin. Where a word
// means several things, a model has only one of them.
constexpr auto kSynonyms = std::to_array<Synonyms>({
    {"factors",
     "size vector_size n_factors num_factors dim dims dimension dimensions embedding embedding_dim "
     "embedding_size output_dim n_components no_components num_components rank latent_dim"},
    {"mlp_factors", "embedding embedding_dim embedding_size"},
    {"epochs",
     "iter iters iterations n_epochs num_epochs nb_epoch n_iter num_iterations max_iter sweeps passes"},
    {"pretrain_epochs", "pretrain"},
    {"threads", "workers num_workers num_threads n_jobs jobs nthreads"},
    {"seed", "random_state random_seed"},
    {"learning_rate", "alpha lr lr_all learn_rate learning_rate_init initial_lr eta step_size"},
    {"min_learning_rate", "min_alpha end_alpha"},
    {"learning_rate_decay", "decay lr_decay"},
    {"history_decay", "decay"},
    {"fine_tune_optimizer", "fine_tune"},
    {"fine_tune_learning_rate", "fine_tune_rate"},
    {"asymmetric_alpha", "alpha"},
    {"regularization", "reg reg_all lambda lambda_ l2 l2_reg weight_decay reg_param alpha"},
    {"mlp_regularization", "layers_regularization"},
    {"user_regularization", "reg_u lambda_u user_alpha"},
    {"item_regularization", "reg_i lambda_i item_alpha"},
    {"bias_regularization", "reg_b reg_bu reg_bi lambda_b"},
    {"negatives", "negative neg n_negatives num_negatives num_neg negative_samples num_sampled"},
    {"shared_negatives", "shared_noise"},
    {"negatives_power", "ns_exponent popularity_power"},
    {"max_neighbors", "k n_neighbors num_neighbors"},
    {"neighbors", "k n_neighbors num_neighbors topk top_k knn"},
    {"min_neighbors", "min_k"},
    {"min_overlap", "min_support"},
    {"shrinkage", "shrink"},
    {"batch_size", "batch batch_words minibatch minibatch_size"},
    {"half_life_days", "half_life"},
    {"use_values", "ignore_values"},
    {"init_sigma", "init_std_dev init_std init_stdev stddev"},
    {"report_loss", "calculate_training_loss compute_loss"},
    {"biases", "biased bias use_bias"},
    {"layers", "hidden_layers hidden_units hidden_layer_sizes units"},
    {"dropout", "dropout_rate drop_rate rate"},
    {"optimizer", "opt"},
    {"loss", "loss_function"},
    {"window", "window_size"},
    {"sample", "subsample"},
    {"min_count", "min_freq min_df"},
    {"max_trials", "max_sampled"},
    {"cg_steps", "cg_iterations"},
    {"top", "k topn top_n topk top_k"},
});

/// "--N-factors" -> "n_factors".
std::string plain(std::string_view name) {
  std::string result(name.substr(std::min(name.find_first_not_of('-'), name.size())));
  for (char& c : result) c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

}  // namespace

std::string did_you_mean_parameter(std::string_view name, std::span<const std::string> candidates) {
  const std::string wanted = plain(name);
  std::vector<std::string> meant;
  for (const Synonyms& synonyms : kSynonyms) {
    const std::vector<std::string_view> others = split(synonyms.others, ' ');
    if (std::ranges::find(others, wanted) == others.end()) continue;
    for (const std::string& candidate : candidates)
      if (plain(candidate) == synonyms.name) meant.push_back(candidate);
  }
  if (meant.empty()) return did_you_mean(name, candidates);
  if (meant.size() > 3) meant.resize(3);
  std::string text;
  for (const std::string& candidate : meant) text += (text.empty() ? "" : ", ") + candidate;
  return " (did you mean " + text + "?)";
}

}  // namespace akin
