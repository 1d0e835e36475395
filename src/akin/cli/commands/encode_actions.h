// The parts of `akin encode`.
#pragma once

#include <optional>
#include <string>

#include "akin/cli/command_line.h"
#include "akin/cli/session.h"

namespace akin::cli {

/// Texts or items to encode with what is in a file.
struct EncodeCommand {
  std::string source, part;
  std::optional<std::string> text;
  std::string lines, data, new_items;
  std::string weighting = "mean";
  std::string tokens = "words";
  bool lowercase = false;
  std::string phrase_file;
  int k = 0;
  std::string format = "csv";
  bool escape = false;
  std::string out;
};

/// `akin encode ENCODER -d DATA`: fits an encoder.
int encode_fit(const std::string& encoder, const Args& args);
/// With the encoder in command.source.
int encode_content(const EncodeCommand& command, Session& session);
/// With the word vectors in command.source.
int encode_words(const EncodeCommand& command, Session& session);

}  // namespace akin::cli
