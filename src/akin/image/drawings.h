// Features of pictures as pictures, for people.
#pragma once

#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/image/filters.h"
#include "akin/image/picture.h"

namespace akin {

/// hog() of the picture: for each cell of 8 x 8 pixels, drawn 16 x 16, a star whose rays lie along the edges, as bright as
/// their bins, which are the means over the blocks that hold the cell. Throws as hog().
Picture hog_picture(const Picture& picture);

/// Orientation as hue (0 degrees is red), magnitude as brightness.
Picture orientation_picture(const Gradient& gradient);

/// Pictures side by side in rows of `columns`, each in a white square of `side` pixels with a margin; an empty picture
/// leaves its place white. With `marked`, the first has a frame.
Picture contact_sheet(const std::vector<Picture>& pictures, int columns, int side, bool marked);

/// The pictures of paths (PictureReader), about `side` pixels large, for a contact sheet; those that cannot be read are
/// empty and named in a remark.
std::vector<Picture> read_for_sheet(const std::vector<std::string>& paths, int side, const Context& context);

}  // namespace akin
