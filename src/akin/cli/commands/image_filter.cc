// akin image filter NAME PICTURE -o FILE
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/cli/commands.h"
#include "akin/cli/commands/image_actions.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/image/drawings.h"
#include "akin/image/filters.h"
#include "akin/image/hog.h"
#include "akin/image/item_pictures.h"

namespace akin::cli {
namespace {

/// The picture that shows a filter's output: derivatives around grey, sizes from black.
Picture filtered(const Plane& plane, const std::string& show, const EdgeFilter& filter, Border border) {
  const Gradient g = gradient(plane, filter, border);
  if (show == "orientation") return orientation_picture(g);
  const Plane size = g.magnitude();
  const float most = std::max(1.0F, *std::ranges::max_element(size.values));
  if (show == "x" || show == "y") return shown(show == "x" ? g.x : g.y, -most, most);
  return shown(size, 0, most);
}

}  // namespace

int run_image_filter(const Args& args) {
  std::string name, path, out, show = "magnitude";
  bool convolution = false;
  CommandLine line("image filter", "Writes the edges of a picture as a picture (PNG).");
  line.explain(
      "Filters: sobel and prewitt (3 x 3), difference (2 x 2: a pixel less the one before it), and hog, "
      "which draws the "
      "histogram of oriented gradients: a star for each cell, its rays along the edges.");
  line.add({"FILTER", "", Text{&name}, "sobel, prewitt, difference or hog", Need::kRequired});
  line.add({"PICTURE", "", InputPath{&path}, "JPEG, PNG, WebP, GIF or BMP", Need::kRequired});
  line.add({"-o,--out", "FILE", OutputPath{&out}, "PNG to write", Need::kRequired});
  line.add({"--show", "WHAT", Text{&show},
            "x (derivative to the right), y (down), magnitude, or orientation (as colour; brightness is the "
            "magnitude)"});
  line.add({"--convolution", "", &convolution,
            "convolve with the kernels as they are printed, instead of cross-correlating: x and y change "
            "their sign"});
  line.example("akin image filter sobel shoe.jpg -o edges.png");
  line.example("akin image filter hog shoe.jpg -o hog.png");
  if (!line.parse(args)) return kSuccess;
  if (show != "x" && show != "y" && show != "magnitude" && show != "orientation")
    fail(ErrorCode::kUsage, "--show: there is no '{}'; there are: x, y, magnitude, orientation", show);
  Session session(line.common);
  std::vector<std::string> names = {"hog"};
  for (const EdgeFilter& filter : edge_filters()) names.emplace_back(filter.name);
  if (std::ranges::find(names, name) == names.end())
    fail(ErrorCode::kUsage, "there is no filter '{}'{}; there are: {}", name, did_you_mean(name, names),
         fmt::join(names, ", "));
  const Picture picture = PictureReader(session.context()).read(path);
  Picture result;
  if (name == "hog") {
    result = hog_picture(picture);
  } else {
    EdgeFilter filter = edge_filter(name);
    if (convolution) {
      std::ranges::reverse(filter.x.values);
      std::ranges::reverse(filter.y.values);
    }
    result = filtered(grey(picture), show, filter, Border::kReflect);
  }
  save_png(result, out);
  if (line.common.json) {
    print_json({{"file", out}, {"width", result.width}, {"height", result.height}});
  } else {
    print(fmt::format("wrote {}: {} x {} pixels\n", out, result.width, result.height));
  }
  return kSuccess;
}

}  // namespace akin::cli
