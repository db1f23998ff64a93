#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace headroom::wire {

/// What a careful client does about an error of the server.
enum class Reaction : std::uint8_t {
  wait_and_retry,  ///< the same command, the same server, after a back-off and within the deadline
  pause,           ///< changing the data is not possible now: wait until the cause is gone, and show it
  stop,            ///< end the run; somebody has to look
  rediscover,  ///< the wrong node: find the right one, check again that it is the same data, never retry here
  resend,      ///< nothing was done: send it again in full (EVAL for EVALSHA, the whole transaction, ASKING
               ///< first)
  skip_key,    ///< about this one key: leave it out, count it, go on
  feature_missing,  ///< this server cannot do that: go on without
  fatal,            ///< the step can never work this way: wrong login, missing right, our own mistake
};

/// A row of the table. All texts are of static storage.
struct ErrorReaction {
  std::string_view prefix{};    ///< the first word of the error
  std::string_view contains{};  ///< a text in it that tells errors with the same first word apart; empty: any
  Reaction reaction = Reaction::stop;
  std::string_view why{};     ///< for people: what it means
  std::string_view remedy{};  ///< for people: what to do; may be empty
};

/// The row for an error text of a server ("LOADING Redis is loading the dataset in memory"). Errors that
/// nobody knows give Reaction::stop: going on after something not understood is how data is lost. Looks at
/// the first word and, for shared words like ERR, at fixed phrases, because errors raised in scripts carry a
/// suffix. Source: safety.md 2.9, texts of Redis 5.0 to 7.4.
const ErrorReaction& reaction_to(std::string_view error_text);

/// The whole table, for the test that holds it to the list of the reference.
std::span<const ErrorReaction> all_reactions();

}  // namespace headroom::wire
