#include "akin/cli/session.h"

#include "akin/cli/output.h"
#include "akin/cli/ranks.h"

namespace akin::cli {
namespace {

ProgressBar::Style style_of(const Common& common) {
  if (!ranks().first()) return ProgressBar::Style::kNone;
  if (common.log_json) return ProgressBar::Style::kJsonLines;
  return !common.quiet && error_is_terminal() ? ProgressBar::Style::kBar : ProgressBar::Style::kNone;
}

}  // namespace

Session::Session(const Common& common) : common_(common), progress_(style_of(common)) {
  context_.seed = common.seed;
  context_.threads = common.threads;
  context_.on_progress = [this](const Progress& progress) { progress_.report(progress); };
  context_.on_remark = [this](std::string_view text) { remark(text); };
  context_.stop = interrupt_.token();
  context_.communicator = &ranks();
}

void Session::remark(std::string_view text) {
  if (!ranks().first()) return;
  progress_.clear();
  if (!common_.quiet && !common_.log_json) print_error_line(text);
}

}  // namespace akin::cli
