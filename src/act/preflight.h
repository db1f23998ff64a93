#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "act/rights.h"
#include "base/result.h"
#include "model/plan.h"
#include "wire/link.h"

/// The look around before anything is written (CONN-4, F31): whether this server can and may be changed, and
/// by which way. Changes nothing, on any server.
namespace headroom::act {

struct Preflight {
  PlanServer server{};
  bool scripts = true;  ///< EVAL and EVALSHA are there and allowed
  bool watch = true;    ///< WATCH, MULTI, EXEC are
  std::uint32_t rdb_version = 0;
  std::uint32_t replicas = 0;
  bool cluster = false;                 ///< a node of one
  std::vector<std::string> problems{};  ///< each of which keeps the run from starting, in words
  std::vector<std::string> notes{};     ///< that the operator should know
  std::string remedy{};                 ///< what to type: ACL SETUSER with all that is missing
};

/// How a server shows what a user may do: ACL DRYRUN (7.0 and later), which leaves no trace; else the
/// commands are queued in MULTI and thrown away with DISCARD: the server judges them when they are queued
/// (redis src/server.c, processCommand), renamed ones too. Where neither is allowed nothing is known, which
/// is a note: the first refusal will end the run.
/// Errors: the connection broke, or INFO is refused.
Result<Preflight> look_around(wire::Link& link, std::string address, const Needs& needs);

/// look_around(), with all problems in one Error (Exit::unreachable; Exit::refused for a replica and for
/// a node of a cluster).
Result<Preflight> preflight(wire::Link& link, std::string address, const Needs& needs);

}  // namespace headroom::act
