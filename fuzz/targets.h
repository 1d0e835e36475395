// The targets, by file.
#pragma once

#include <string_view>

namespace akin::fuzz {

// import_targets.cc: `akin import FORMAT`
void import_amazon(std::string_view input);
void import_atomic(std::string_view input);
void import_csv(std::string_view input);
void import_jsonl(std::string_view input);
void import_lists(std::string_view input);
void import_movielens(std::string_view input);
void import_ncf(std::string_view input);
void import_pairs(std::string_view input);
void import_sessions(std::string_view input);
void import_text(std::string_view input);
void import_uirt(std::string_view input);
void import_xlsx(std::string_view input);

// text_targets.cc: short texts of flags and files
void bert_model(std::string_view input);
void config(std::string_view input);
void filters(std::string_view input);
void item_pattern(std::string_view input);
void labelled_texts(std::string_view input);
void new_items(std::string_view input);
void numbers(std::string_view input);
void picture(std::string_view input);
void python_literal(std::string_view input);
void questions(std::string_view input);
void requests(std::string_view input);
void times(std::string_view input);
void trial_log(std::string_view input);

// vector_targets.cc: vectors of any program
void npy(std::string_view input);
void vectors(std::string_view input);
void vectors_safetensors(std::string_view input);

// container_targets.cc: files of akin
void bundle(std::string_view input);
void checkpoint(std::string_view input);
void dataset(std::string_view input);
void encoder(std::string_view input);
void safetensors(std::string_view input);
void synthetic_truth(std::string_view input);
void text_model(std::string_view input);

// net_targets.cc: neural nets
void image_weights(std::string_view input);
void keras(std::string_view input);
void net(std::string_view input);
void net_table(std::string_view input);
void net_toml(std::string_view input);

}  // namespace akin::fuzz
