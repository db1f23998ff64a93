#include <fmt/format.h>

#include <cstdio>

#include "app/demo_clean.h"
#include "app/demo_dump.h"
#include "app/families.h"
#include "app/live_survey.h"
#include "app/output.h"
#include "app/private_server.h"
#include "base/text.h"
#include "report/audit_report.h"

namespace headroom::app {
namespace {

constexpr std::string_view introduction =
    "A private redis-server now holds what a small shop's real libraries left in it: two BullMQ queues that "
    "keep\n"
    "finished jobs, a queue of an older BullMQ, a Celery broker with its results, a Django cache. This is "
    "its audit.\n\n";

std::string explanation(const Survey& survey) {
  std::string text = "\nHow to read it\n";
  if (!survey.owners.empty())
    text += fmt::format(
        "- Owners: the largest is {} ({}): its parts say which states and logs the bytes are in.\n",
        escape_for_terminal(survey.owners[0].owner), survey.owners[0].family);
  text += fmt::format(
      "- Debris: {} kinds were found. Each line says why it is debris and whether that is proved.\n",
      survey.debris.size());
  text +=
      "- Nothing was changed and no key's idle time was touched. Waiting, delayed and active jobs are never "
      "called debris.\n";
  return text;
}

constexpr std::string_view next =
    "\nOn your own server: headroom audit -h HOST, headroom queues -h HOST, headroom clean -h HOST (which "
    "only "
    "shows its plan\nuntil you add --yes). What it keeps is yours to say: headroom config show, "
    "docs/policy.md.\n";

std::string farewell(const PrivateServer& server, const std::string& address) {
  return fmt::format("\nThe server is still there: {}\nEnd it: kill {} && rm -r {}\n", address, server.pid(),
                     server.folder());
}

Result<Exit> run(const Invocation& invocation) {
  const auto server = PrivateServer::start(demo_dump());
  if (!server) return fail(server.error());
  wire::Endpoint endpoint;
  endpoint.kind = wire::Endpoint::Kind::unix_socket;
  endpoint.path = (*server)->socket();
  const Session session(endpoint, invocation.command);
  const auto known = Families::load(invocation.options);
  if (!known) return fail(known.error());
  const auto survey = survey_live(session, known->all(), invocation.options);
  if (!survey) return fail(survey.error());
  const auto& format = invocation.options.format;
  const bool for_people = (format.empty() || format == "text") && invocation.options.output.empty();
  if (for_people) std::fwrite(introduction.data(), 1, introduction.size(), stdout), std::fflush(stdout);
  if (const auto done = emit(report::audit_report(*survey, {8}), invocation); !done)
    return fail(done.error());
  if (for_people) {
    std::fputs(explanation(*survey).c_str(), stdout);
    if (const auto cleaned = show_clean(invocation, session.address(), (*server)->folder()); !cleaned)
      return fail(cleaned.error());
    std::fwrite(next.data(), 1, next.size(), stdout);
  }
  if (invocation.options.keep) {
    (*server)->keep();
    std::fputs(farewell(**server, session.address()).c_str(), stdout);
  }
  return Exit::fine;
}

}  // namespace

Subcommand demo() {
  return {"demo", "audit, clean and undo, on a private redis-server with keys left by the real libraries",
          "",     {OptionGroup::output, OptionGroup::demo},
          "",     run};
}

}  // namespace headroom::app
