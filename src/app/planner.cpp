#include "app/planner.h"

namespace headroom::app {

bool needs_the_running_server(const PlanRequest& request, std::string_view rule, plan::StepSink& steps) {
  if (!request.copy) return false;
  steps.left_alone({.rule = std::string(rule),
                    .why = "needs the running server: a copy does not know who is alive (--source scan)"});
  return true;
}

}  // namespace headroom::app
