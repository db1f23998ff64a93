#include "wire/login.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "wire/reactions.h"

namespace headroom::wire {
namespace {

tl::unexpected<Error> refused(std::string what, std::string remedy) {
  return fail({std::move(what), "", std::move(remedy)});
}

/// The first word of an error; a stranger's word, so bounded and made harmless.
std::string shown(std::string_view prefix) { return escaped(prefix.substr(0, 32)); }

bool has_login(const Endpoint& endpoint) { return !endpoint.user.empty() || !endpoint.password.empty(); }

tl::unexpected<Error> explain(const Reply& error) {
  const std::string_view prefix = error.error_prefix();
  const std::string_view text = error.text;
  if (prefix == "NOAUTH") {
    return refused("the server asks for a password",
                   "set REDISCLI_AUTH to it, or give an address with it: redis://:PASSWORD@HOST; a user "
                   "other than default with --user");
  }
  if (prefix == "WRONGPASS" || text.starts_with("ERR invalid password")) {
    return refused("the server does not accept the password",
                   "check REDISCLI_AUTH, or the password of the address, and --user");
  }
  if (text.find("without any password configured") != text.npos ||
      text.find("no password is set") != text.npos) {
    return refused("a password was given, but the server has none",
                   "leave the password out, or check that this is the right server");
  }
  if (text.starts_with("ERR wrong number of arguments for 'auth'")) {
    return refused("the server knows no users: it is older than Redis 6", "leave --user out");
  }
  const auto reaction = reaction_to(text);
  return refused(fmt::format("the server refuses the login: {} ({})", reaction.why, shown(prefix)),
                 std::string(reaction.remedy));
}

/// HELLO is unknown before Redis 6 and to some proxies, and may be renamed; then the login of old does it.
bool means_no_hello(const Reply& error) {
  const auto prefix = error.error_prefix();
  if (prefix == "NOPROTO" || prefix == "NOPERM") return true;
  const auto reaction = reaction_to(error.text).reaction;
  return prefix == "ERR" && (reaction == Reaction::feature_missing || reaction == Reaction::stop);
}

Result<bool> log_in_of_old(Link& link, const Endpoint& endpoint, std::string_view name) {
  if (has_login(endpoint)) {
    std::vector<std::string_view> auth{"AUTH"};
    if (!endpoint.user.empty()) auth.push_back(endpoint.user);
    auth.push_back(endpoint.password);
    const auto reply = link.call(auth);
    if (!reply) return fail(reply.error());
    if (reply->is_error()) return explain(*reply);
  }
  const std::vector<std::string_view> set_name{"CLIENT", "SETNAME", name};
  const auto reply = link.call(set_name);
  if (!reply) return fail(reply.error());
  // A name is a courtesy; only the lack of a login shows here first.
  if (reply->error_prefix() == "NOAUTH") return explain(*reply);
  return true;
}

Result<int> greet(Link& link, const Endpoint& endpoint, std::string_view name) {
  std::vector<std::string_view> hello{"HELLO", "3"};
  if (has_login(endpoint)) {
    const std::string_view user = endpoint.user.empty() ? std::string_view("default") : endpoint.user;
    hello.insert(hello.end(), {"AUTH", user, endpoint.password});
  }
  hello.insert(hello.end(), {"SETNAME", name});
  const auto reply = link.call(hello);
  if (!reply) return fail(reply.error());
  if (reply->kind == Reply::Kind::array) return 3;
  if (!reply->is_error())
    return refused("the server answers HELLO with nonsense", "check that host and port belong to Redis");
  // Some proxies want AUTH before anything else, HELLO with AUTH included; the password has not been looked
  // at then.
  const bool login_first = reply->error_prefix() == "NOAUTH" && has_login(endpoint);
  if (!login_first && !means_no_hello(*reply)) return explain(*reply);
  if (auto done = log_in_of_old(link, endpoint, name); !done) return fail(done.error());
  return 2;
}

Result<bool> select(Link& link, std::uint32_t db) {
  if (db == 0) return true;
  const auto number = std::to_string(db);
  const std::vector<std::string_view> command{"SELECT", number};
  const auto reply = link.call(command);
  if (!reply) return fail(reply.error());
  if (!reply->is_error()) return true;
  const std::string_view text = reply->text;
  if (text.find("out of range") != text.npos) {
    return refused(fmt::format("the server has no database {}", db),
                   "use a lower number, 0 to 15 unless the server was told otherwise");
  }
  if (text.find("cluster mode") != text.npos)
    return refused("a cluster has database 0 only", "leave the database out");
  const auto reaction = reaction_to(text);
  return refused(
      fmt::format("database {} cannot be selected: {} ({})", db, reaction.why, shown(reply->error_prefix())),
      std::string(reaction.remedy));
}

}  // namespace

Result<int> log_in(Link& link, const Endpoint& endpoint, std::string_view name) {
  const auto protocol = greet(link, endpoint, name);
  if (!protocol) return protocol;
  if (auto selected = select(link, endpoint.db); !selected) return fail(selected.error());
  return protocol;
}

}  // namespace headroom::wire
