// Standard output and standard error of the program.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace akin::cli {

/// Makes the three standard streams safe: a closed one becomes /dev/null, a reader that went away
/// (`akin ... | head`) is an error to handle and not a signal that kills. Call it once, first.
void prepare_streams();

/// Writes text for a person to standard output, as printable() shows it: ids in it cannot drive the terminal.
/// Throws Error(kIo) if it cannot be written (a full disk); once the reader has gone away it does nothing.
void print(std::string_view text);
/// Writes data for a program, byte by byte. Throws as print().
void print_bytes(std::string_view bytes);
/// Writes a JSON value and a newline to standard output; bytes that are not UTF-8 become U+FFFD.
void print_json(const nlohmann::json& value);
/// Flushes standard output. Throws as print().
void flush_output();

/// Writes one line to standard error, as printable() shows it: a line stays a line whatever an id holds.
void print_error_line(std::string_view text);

/// Whether standard error is a terminal.
bool error_is_terminal();
/// Columns of the terminal at standard error, 80 if unknown.
int terminal_width();

}  // namespace akin::cli
