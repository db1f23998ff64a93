#pragma once

#include <string>
#include <variant>

#include "app/subcommand.h"

/// The words of a command line, understood. CLI11 is used here and nowhere else.
namespace headroom::app {

/// Either a command to run, or a text to print (help) and be done.
using Understood = std::variant<std::pair<Subcommand, Invocation>, std::string>;

/// `words` is argv without the program's name. Errors have Exit::usage and name the nearest word that would
/// have been right.
Result<Understood> understand(const std::vector<std::string>& words, Environment environment);

/// The help of one command, or of the program when `command` is empty. Error when there is no such command.
Result<std::string> help_text(std::string_view command);

}  // namespace headroom::app
