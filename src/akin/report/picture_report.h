// Pictures in reports.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/experiment/text_experiment.h"
#include "akin/report/html.h"

namespace akin {

/// A picture with a line below it.
struct ShownPicture {
  std::string path;  ///< as PictureReader reads it
  std::string text;
  bool framed = false;
};
/// Adds those that can be read, if there are any.
void add_gallery(HtmlReport& page, std::string_view caption, const std::vector<ShownPicture>& pictures,
                 const Context& context);

/// Galleries behind an evaluation: the mistakes that the model was surest of, and with `model` some pictures of the most
/// frequent classes beside those of the evaluated ones whose vectors are nearest by cosine. Pictures that cannot be read are
/// left out. Throws Error(kCancelled).
void add_picture_examples(HtmlReport& page, const LabelledTexts& pictures, const TextEvaluation& result,
                          const TextModel* model, const Context& context);

}  // namespace akin
