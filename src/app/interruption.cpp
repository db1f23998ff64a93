#include "app/interruption.h"

#include <signal.h>

namespace headroom::app {
namespace {

wire::Cancellation* to_cancel = nullptr;  // for the handler, which can reach nothing else

void on_signal(int) { to_cancel->cancel(); }

std::shared_ptr<wire::Cancellation> install() {
  auto cancellation = std::make_shared<wire::Cancellation>();
  to_cancel = cancellation.get();
  struct sigaction action {};
  action.sa_handler = on_signal;
  // SA_RESETHAND: the second signal does what it always does.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
  return cancellation;
}

}  // namespace

std::shared_ptr<wire::Cancellation> interruption() {
  static const auto cancellation = install();
  return cancellation;
}

}  // namespace headroom::app
