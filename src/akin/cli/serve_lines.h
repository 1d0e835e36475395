// Requests on standard input, answers on standard output.
#pragma once

#include "akin/base/context.h"
#include "akin/serve/service.h"

namespace akin::cli {

/// Answers each line by answer_request() at once, until the input ends or the context's stop is asked for. Blank lines
/// have no answer; a line of over 16 MiB is answered with an error. Throws Error(kIo).
void serve_lines(const Service& service, const RecommendRequest& defaults, const Context& context);

}  // namespace akin::cli
