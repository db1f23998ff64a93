#include "wire/reactions.h"

#include <algorithm>

namespace headroom::wire {
namespace {

using enum Reaction;

// Sorted by the first word; among rows of one word the first that fits wins.
constexpr ErrorReaction table[] = {
    {"ASK", "", resend, "the slot of this key is moving: the other node answers after ASKING", ""},
    {"BUSY", "", wait_and_retry, "a script is running and blocks the server",
     "SCRIPT KILL ends a script that has not written yet"},
    {"BUSYKEY", "", skip_key, "a key of this name exists already", ""},
    {"CLUSTERDOWN", "", pause, "the cluster does not serve all its slots",
     "see CLUSTER INFO and CLUSTER NODES"},
    {"CROSSSLOT", "", fatal, "keys of different cluster slots were put into one command",
     "this is a fault of headroom; please report it"},
    {"DENIED", "", fatal, "the server is in protected mode and takes no login from elsewhere",
     "connect from the server itself, or set a password there"},
    {"ERR", "unknown command", feature_missing, "the server does not know the command, or it was renamed",
     ""},
    {"ERR", "unknown subcommand", feature_missing, "the server does not know the subcommand", ""},
    {"ERR", "Unknown subcommand", feature_missing, "the server does not know the subcommand", ""},
    {"ERR", "wrong number of arguments", feature_missing,
     "this version of the server does not know these arguments", ""},
    {"ERR", "The user executing the script can't access", skip_key, "the user has no right to this key",
     "see ACL GETUSER"},
    {"ERR", "The user executing the script", fatal, "the user has no right to a command of the script",
     "see ACL GETUSER"},
    {"ERR", "ACL failure in script: No permissions to access a key", skip_key,
     "the user has no right to this key", "see ACL GETUSER"},
    {"ERR", "ACL failure in script", fatal, "the user has no right to a command of the script",
     "see ACL GETUSER"},
    {"ERR", "without any password configured", fatal, "a password was given, but the server has none",
     "leave the password out"},
    {"ERR", "no password is set", fatal, "a password was given, but the server has none",
     "leave the password out"},
    {"ERR", "invalid password", fatal, "the password is wrong", "check REDISCLI_AUTH"},
    {"ERR", "max number of clients", wait_and_retry, "the server has no connection left",
     "see CLIENT LIST, and maxclients"},
    {"ERR", "invalid bulk length", skip_key, "the value is larger than the server takes (proto-max-bulk-len)",
     ""},
    {"ERR", "EXEC without MULTI", resend,
     "the transaction was not opened, as happens while the server is loading", ""},
    {"ERR", "no such key", skip_key, "the key is gone", ""},
    {"ERR", "out of range", fatal, "the server has no such database, or a number is out of range", ""},
    {"EXECABORT", "", resend, "the transaction was thrown away because one of its commands was refused", ""},
    {"LOADING", "", wait_and_retry, "the server is loading its data after a start",
     "wait; INFO persistence tells loading_eta_seconds"},
    {"MASTERDOWN", "", rediscover, "this is a replica that has lost its master", "connect to the master"},
    {"MISCONF", "", pause, "the server cannot write to its disk and refuses changes",
     "free disk space; see INFO persistence"},
    {"MOVED", "", rediscover, "the key lives on another node of the cluster", "add -c"},
    {"NOAUTH", "", fatal, "the server asks for a password", "set REDISCLI_AUTH"},
    {"NOPERM", "keys used as arguments", skip_key, "the user has no right to this key", "see ACL GETUSER"},
    {"NOPERM", "access a key", skip_key, "the user has no right to this key", "see ACL GETUSER"},
    {"NOPERM", "", fatal, "the user has no right to this command",
     "see ACL GETUSER; the text names the command"},
    {"NOPROTO", "", feature_missing, "the server does not speak this version of the protocol", ""},
    {"NOREPLICAS", "", pause, "too few replicas are in good health for the server to take changes",
     "see INFO replication"},
    {"NOSCRIPT", "", resend, "the server has forgotten the script, as it does when it restarts", ""},
    {"OOM", "", stop, "the server is at maxmemory and takes nothing that needs memory",
     "free memory first: deleting still works"},
    {"READONLY", "", rediscover, "this is a replica and takes no changes", "connect to the master"},
    {"TRYAGAIN", "", wait_and_retry, "the slot is moving and its keys are on both nodes just now", ""},
    {"UNKILLABLE", "", wait_and_retry, "a script that has written is running and cannot be ended", ""},
    {"WRONGPASS", "", fatal, "the password or the user is wrong, or the user is disabled",
     "check REDISCLI_AUTH and --user"},
    {"WRONGTYPE", "", skip_key, "the key is of another type now", ""},
};

static_assert(std::is_sorted(std::begin(table), std::end(table),
                             [](auto& a, auto& b) { return a.prefix < b.prefix; }));

constexpr ErrorReaction unknown{"", "", stop, "an error that headroom does not know",
                                "please report its text"};

}  // namespace

const ErrorReaction& reaction_to(std::string_view error_text) {
  const auto word = error_text.substr(0, error_text.find_first_of(" \r\n"));
  const auto fits = [&](const ErrorReaction& row) {
    return row.prefix == word && error_text.find(row.contains) != std::string_view::npos;
  };
  const auto* row = std::find_if(std::begin(table), std::end(table), fits);
  return row == std::end(table) ? unknown : *row;
}

std::span<const ErrorReaction> all_reactions() { return table; }

}  // namespace headroom::wire
