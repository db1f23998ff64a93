#pragma once

#include <string>

#include "base/result.h"
#include "model/server_facts.h"
#include "wire/link.h"

namespace headroom::facts {

/// Asks the server about itself: INFO, TIME, MEMORY STATS, MEMORY MALLOC-STATS, CONFIG GET of two named
/// harmless parameters (never one that may hold a secret), and one harmless call of each look-up that a scan
/// uses, on a key that nobody has, to learn which are renamed or forbidden. Some twelve commands, once; the
/// longest, MALLOC-STATS, takes the server a few ms.
///
/// `target` is the address for people, without a password; it is copied into the result.
/// What the server refuses, leaves out or answers with nonsense stays empty; each refusal adds one sentence
/// to `missing` that says what is lost by it. Texts of the server are made printable and cut to 200 bytes. A
/// user without the right to a command that is tried here leaves an entry in the server's ACL LOG. The
/// database selected on `link` does not matter and stays. Errors: the connection is lost, or the server wants
/// a login. Where no scan follows, the look-ups are not tried: what they would lack is not missed.
enum class Before : bool { scan, snapshot };
Result<ServerFacts> gather(wire::Link& link, std::string target, Before what = Before::scan);

}  // namespace headroom::facts
