#include <iostream>

#include "app/subcommand.h"

namespace headroom::app {
namespace {

Result<Exit> run(const Invocation&) {
  std::cout << "headroom " HEADROOM_VERSION "\n";
  return Exit::fine;
}

}  // namespace

Subcommand version() { return {"version", "print the version", "", {}, "", run}; }

}  // namespace headroom::app
