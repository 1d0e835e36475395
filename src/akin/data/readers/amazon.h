// Amazon product reviews: JSON lines of the 2014, 2018 and 2023 releases, with their metadata files.
#pragma once

#include "akin/data/readers/readers.h"

namespace akin {

/// Format "amazon". Each line's release is recognized by its fields, so files of several releases may be mixed:
///   2014, 2018: reviewerID, asin, overall, reviewText, summary, unixReviewTime (seconds) or
///               reviewTime "MM DD, YYYY"
///   2023:       user_id, parent_asin (else asin), rating, text, title, timestamp (milliseconds)
/// Each review is a rating event with its text. Options: meta, images, no_text.
Format amazon_format();

}  // namespace akin
