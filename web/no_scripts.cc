// In place of the bundle where akin is built with AKIN_CHARTS=OFF.
#include "akin/report/page_script.h"

namespace akin {

PageScript charts_script() { return {}; }
PageScript tables_script() { return {}; }

}  // namespace akin
