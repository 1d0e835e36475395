// Texts with labels in files, and parts of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/base/context.h"
#include "akin/text/text_model.h"

namespace akin {

/// How a file of labelled texts is read.
struct LabelledTextFormat {
  bool numbers = false;  ///< labels are numbers to predict, not classes
  /// Column of the text and of the label: a header's name, a field of JSON such as review.text, or a number from 1.
  /// Unless one of them is given, each line is a label and a text.
  std::string text_column = "";
  std::string label_column = "";
  /// False: only the texts matter. Labels need not be there; where they are they are left out, which is noted.
  bool labels = true;
  /// Without labels: where no line has a tab, the first words are labels if each is one of these classes, or if there
  /// are no classes a number; else the lines are texts as they stand.
  std::vector<std::string> classes = {};
};

/// What a file held.
struct LabelledTextFile {
  LabelledTexts texts;
  std::uint64_t blank_lines = 0;   ///< left out
  std::uint64_t empty_texts = 0;   ///< records with a label and no text, left out
  std::vector<std::string> notes;  ///< what was left out or repaired, for a person
};

/// Reads a file of any compression, "-" = standard input:
///
///   lines     a label, a tab and a text; or, if the first line has no tab, a label, a blank and a text
///   tables    delimited text, JSON objects or xlsx, if a column is named, the file is JSON or xlsx, or its first line
///             names columns such as text and label
///
/// Texts become UTF-8 (bytes that are not are read as Windows-1252, and noted) without blanks around them. Without
/// `labels` each record has its row, an empty text too. Throws
/// Error(kBadData) with file:line for the first record without a label, without the columns named, or whose label is
/// no number where numbers are asked for, and for a file without texts; Error(kUsage) for unknown columns.
LabelledTextFile read_labelled_texts(const std::string& path, const LabelledTextFormat& format,
                                     const Context& context);

/// The texts of these rows, with the same classes in the same order.
LabelledTexts select_texts(const LabelledTexts& texts, std::span<const idx_t> rows);
/// The same texts with labels that are indices of `classes`. Throws Error(kBadData) naming `path` for a label that is
/// not among them, and where only one of the two has classes.
LabelledTexts with_classes(LabelledTexts texts, std::span<const std::string> classes, std::string_view path);

/// A fold from 0 to folds - 1 for each text, in random order; each has its share of each class, up to one text. Throws
/// Error(kUsage) for fewer than 2 folds, Error(kBadData) for fewer texts than folds.
std::vector<int> stratified_folds(const LabelledTexts& texts, int folds, std::uint64_t seed);
/// (other rows, rows of `fold`), ascending.
std::pair<std::vector<idx_t>, std::vector<idx_t>> rows_of_fold(std::span<const int> folds, int fold);
/// (other rows, a random share of the rows), ascending; of each class its share, up to one text. Throws Error(kUsage)
/// unless 0 < share < 1.
std::pair<std::vector<idx_t>, std::vector<idx_t>> random_share(const LabelledTexts& texts, double share,
                                                               std::uint64_t seed);

}  // namespace akin
