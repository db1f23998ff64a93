#pragma once

#include <span>
#include <vector>

#include "model/queue.h"
#include "wire/link.h"

namespace headroom::facts {

/// Puts the questions to the server, pipelined, and answers each in its place: result[i] is of questions[i].
///
/// Only reading commands, each of bounded cost: SMEMBERS only up to 1000 members (above: SRANDMEMBER 1000, so
/// a random part), GET only up to 1 MiB (above: an error), MEMORY USAGE with SAMPLES 1000. A key that does
/// not exist has the length 0, no members, and empty texts and numbers otherwise; a value of another type
/// than the question expects is an error. XINFO, LLEN, GET and the like set the idle time of the keys asked
/// about to zero, except from Redis 7.2 on, where CLIENT NO-TOUCH prevents it; it is left on.
///
/// Never fails as a whole: when the connection is lost, the questions not yet answered carry the reason in
/// `error`. Leaves the database of the last question selected. Needs: nothing pending on the link.
std::vector<Answer> ask(wire::Link& link, std::span<const Question> questions);

}  // namespace headroom::facts
