// akin image ACTION
#include <fmt/format.h>

#include <array>

#include "akin/cli/commands.h"
#include "akin/cli/commands/actions.h"
#include "akin/cli/commands/image_actions.h"
#include "akin/cli/output.h"
#include "akin/encode/text_models.h"

namespace akin::cli {
namespace {

constexpr std::array<Action, 4> kImageActions = {{
    {"train", "train a model on labelled pictures", &run_image_train},
    {"evaluate", "score a trained model, or cross-validate one", &run_image_evaluate},
    {"predict", "classes of pictures", &run_image_predict},
    {"filter", "edges of a picture: Sobel, Prewitt, HOG", &run_image_filter},
}};

std::string image_overview() {
  std::string text =
      "Usage: akin image ACTION ... (each has --help)\n\nModels that tell classes from pictures "
      "(docs/images.md). "
      "Vectors of pictures, and items that look\nalike: `akin encode image`, `akin similar "
      "--image`.\n\nActions:\n";
  text +=
      action_listing(kImageActions) + "\nModels (`akin image train MODEL --help` shows the flags of each):\n";
  std::vector<Listed> entries;
  for (const TextModelEntry& model : image_models()) entries.push_back({model.name, model.summary});
  return text + listing(entries) +
         "\nExamples:\n"
         "  akin image train image-linear --data photos/ -o shop.image\n"
         "  akin image evaluate image-knn --data events.data --target category --folds 5\n"
         "  akin image predict shop.image shoe.jpg bag.png\n"
         "  akin image filter sobel shoe.jpg -o edges.png\n";
}

}  // namespace

int run_image(const Args& args) { return run_action("image", kImageActions, image_overview, args); }

}  // namespace akin::cli
