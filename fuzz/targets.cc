#include "targets.h"

#include "harness.h"

namespace akin::fuzz {

const std::vector<Target>& targets() {
  static const std::vector<Target> kTargets = {
      {"bert_model", bert_model},
      {"bundle", bundle, true, "tests/old_files/v0.1/bundles"},
      {"checkpoint", checkpoint, true, "tests/old_files/v0.1/checkpoints"},
      {"config", config},
      {"dataset", dataset, true, "tests/old_files/v0.1/data"},
      {"encoder", encoder, true},
      {"filters", filters},
      {"image_weights", image_weights},
      {"import_amazon", import_amazon},
      {"import_atomic", import_atomic},
      {"import_csv", import_csv},
      {"import_jsonl", import_jsonl},
      {"import_lists", import_lists},
      {"import_movielens", import_movielens},
      {"import_ncf", import_ncf},
      {"import_pairs", import_pairs},
      {"import_sessions", import_sessions},
      {"import_text", import_text},
      {"import_uirt", import_uirt},
      {"import_xlsx", import_xlsx},
      {"item_pattern", item_pattern},
      {"keras", keras},
      {"labelled_texts", labelled_texts},
      {"net", net, true, "tests/old_files/v0.1/nets"},
      {"net_table", net_table},
      {"net_toml", net_toml, false, "examples/nets"},
      {"new_items", new_items},
      {"npy", npy},
      {"numbers", numbers},
      {"picture", picture},
      {"python_literal", python_literal},
      {"questions", questions},
      {"requests", requests},
      {"safetensors", safetensors, true},
      {"synthetic_truth", synthetic_truth, true},
      {"text_model", text_model, true},
      {"times", times},
      {"trial_log", trial_log},
      {"vectors", vectors},
      {"vectors_safetensors", vectors_safetensors, true},
  };
  return kTargets;
}

}  // namespace akin::fuzz
