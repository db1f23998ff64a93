#include "kit/producers.h"

#include <cstdlib>
#include <stdexcept>

#include "kit/redis_server.h"

namespace headroom::test {
namespace {

std::string interpreter_of(const std::string& script) {
  if (script.ends_with(".mjs")) return "node";
  if (script.ends_with(".py")) return "/usr/bin/python3";  // Debian's own: it is the one that has Celery
  if (script.ends_with(".rb")) return "ruby";
  return "php";
}

}  // namespace

std::string produce(const std::vector<std::string>& script, const std::string& url) {
  std::vector<std::string> command{interpreter_of(script[0]),
                                   HEADROOM_TREE "/tests/live/producers/" + script[0]};
  command.insert(command.end(), script.begin() + 1, script.end());
  command.insert(command.end(), {"--url", url});
  auto finished = run(command);
  if (finished.status != 0) throw std::runtime_error(script[0] + " failed: " + finished.err);
  return std::move(finished.out);
}

Finished headroom(const std::vector<std::string>& words, const std::vector<std::string>& environment) {
  std::vector<std::string> command{HEADROOM_PROGRAM};
  command.insert(command.end(), words.begin(), words.end());
  return run(command, environment);
}

}  // namespace headroom::test
