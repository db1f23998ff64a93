#include <signal.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "app/command_line.h"
#include "app/output.h"

namespace {

using namespace headroom;

std::optional<std::string> from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// A password on the command line is in the process list of the machine; what we can do is to wipe our copy of
// it at once.
void wipe(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    const bool names_a_password = word == "-a" || word == "--pass";
    if (names_a_password && i + 1 < argc) std::memset(argv[i + 1], '*', std::strlen(argv[i + 1]));
    if (word.starts_with("--pass=") || word.find("://") != std::string_view::npos ||
        (word.starts_with("-a") && word.size() > 2))
      std::memset(argv[i] + 2, '*', word.size() - 2);
  }
}

void warn_of_visible_password(const app::Options& options) {
  if (!options.password.empty() && !options.quiet)
    std::fputs(
        "headroom: others can read a password given with -a in the process list; REDISCLI_AUTH is private\n",
        stderr);
}

int end(const Error& error, std::string_view format) {
  app::complain(error, format);
  return static_cast<int>(error.exit);
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of its write
  const std::vector<std::string> words(argv + 1, argv + argc);
  wipe(argc, argv);
  auto understood = app::understand(words, from_environment);
  if (!understood) return end(understood.error(), "text");
  if (const auto* help = std::get_if<std::string>(&*understood)) {
    std::fputs(help->c_str(), stdout);
    return 0;
  }
  const auto& [command, invocation] = std::get<std::pair<app::Subcommand, app::Invocation>>(*understood);
  warn_of_visible_password(invocation.options);
  const auto exit = command.run(invocation);
  return exit ? static_cast<int>(*exit) : end(exit.error(), invocation.options.format);
}
