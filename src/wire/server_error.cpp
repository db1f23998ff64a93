#include "wire/server_error.h"

#include "wire/reactions.h"

namespace headroom::wire {

bool command_refused(const Reply& reply) {
  if (!reply.is_error()) return false;
  const ErrorReaction& row = reaction_to(reply.text);
  return row.reaction == Reaction::feature_missing ||
         (row.prefix == "NOPERM" && row.reaction == Reaction::fatal);
}

bool passes_by_itself(const Reply& reply) {
  if (!reply.is_error()) return false;
  const Reaction reaction = reaction_to(reply.text).reaction;
  return reaction == Reaction::wait_and_retry || reaction == Reaction::pause;
}

}  // namespace headroom::wire
