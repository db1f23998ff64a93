#pragma once

#include <string>

#include "model/plan.h"

namespace headroom::act {

/// Bytes that no text protocol and no C string would let through.
inline std::string hostile() { return std::string("a\0b\r\n\xff\x80 \"'", 10); }

/// A step in which no field has its default.
inline Step full_step() {
  Step step;
  step.rule = 65'535, step.db = 4'000'000'000U, step.bytes = ~std::uint64_t{0};
  step.keys = {"bull:mail:7", hostile(), "", std::string(300, 'k')};
  step.checks = {{CheckKind::absent, 1, "", "", 0, 0},
                 {CheckKind::fingerprint, 3, hostile(), "text", -9'223'372'036'854'775'807LL - 1, -0.5},
                 {CheckKind::score_is, 0, "7", "", 9'223'372'036'854'775'807LL, 1.7e308}};
  step.changes = {{ChangeKind::remove, 0, "", "", 0, 0},
                  {ChangeKind::stream_trim, 2, hostile(), "text", -1, 10'000}};
  return step;
}

/// A header in which no field has its default.
inline PlanHeader full_header() {
  PlanHeader header;
  header.id = "0123456789abcdef0123456789abcdef", header.tool = "headroom 0.1.0", header.source = "scan";
  header.made = std::chrono::milliseconds(1'700'000'000'123), header.expires = std::chrono::milliseconds(-5);
  header.server = {.address = "redis://h:1/0",
                   .run_id = "run",
                   .replid = "repl",
                   .role = "master",
                   .version = "7.0.15",
                   .maxmemory_policy = "noeviction",
                   .replicas = 2,
                   .keys = 12,
                   .used_memory = {345},
                   .maxmemory = {678}};
  header.policy = "[bull]\n", header.policy_hash = 0x8000'0000'0000'0001;
  header.over_limit = true, header.phrase = "delete 2 keys from h", header.phrase_given = true;
  header.rules = {{"bull-completed", "bullmq", "bull:mail", "what", "why", Removal::quarantine, 1, 2, 3, {4}},
                  {hostile(), "", "", "", "", Removal::ttl, 0, 0, 0, {}}};
  header.left_alone = {{"rule", hostile(), "why", 5, {6}, {hostile(), ""}}};
  header.facts = {{1}, {2}, {3}, {4}, {5}, std::chrono::milliseconds(6), {7, 8, 9}, 10, {"big key"}};
  header.steps = 11;
  return header;
}

}  // namespace headroom::act
