#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/options.h"

/// Command lines for people to type next, made of what they typed: for remedies, hints and notes.
namespace headroom::app {

/// A word as a POSIX shell reads it back; what cannot be seen stands as $'\x1b' (bash, zsh, ksh).
std::string shell_word(std::string_view text);

struct TypedLine {
  std::string_view command{};
  std::vector<std::string> words{};   ///< behind the command; addresses lose their login
  std::vector<OptionGroup> groups{};  ///< whose options are repeated, if the command takes them; empty: all
  std::vector<std::string_view> without{};  ///< options that are not, by their long name: "--phrase"
  std::string more{};                       ///< put behind; quoted already
};

/// "headroom COMMAND WORDS OPTIONS" with what `options` hold besides the defaults. No password: a comment at
/// the end says that REDISCLI_AUTH must hold it when an option or an address did; the user of an address
/// becomes
/// --user.
std::string typed_line(const TypedLine& line, const Options& options);

/// How to reach the same server, state folder and policy with another command.
std::string line_about(std::string_view command, std::vector<std::string> words, const Options& options);

}  // namespace headroom::app
