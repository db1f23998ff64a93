#include "facts/replication_history.h"

#include <array>

#include "wire/info_text.h"

namespace headroom::facts {
namespace {

using namespace std::string_view_literals;

/// One of zeros is none.
std::string replication_id(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos ? std::string() : std::string(text);
}

}  // namespace

bool ReplicationHistory::went_through(std::string_view copy_id, std::uint64_t copy_offset) const {
  if (copy_id.empty()) return false;
  if (copy_id == id) return copy_offset <= offset;
  return copy_id == earlier_id && copy_offset <= earlier_end;
}

Result<ReplicationHistory> replication_history(wire::Link& link) {
  auto reply = link.call(std::array{"INFO"sv, "replication"sv});
  if (!reply) return fail(reply.error());
  ReplicationHistory history;
  if (reply->is_error()) return history;
  const wire::InfoText info(std::move(reply->text));
  history.id = replication_id(info.text("master_replid"));
  history.offset = info.number("master_repl_offset").value_or(0);
  history.earlier_id = replication_id(info.text("master_replid2"));
  const auto first_of_ours = info.number("second_repl_offset").value_or(0);
  if (first_of_ours == 0)
    history.earlier_id.clear();
  else
    history.earlier_end = first_of_ours - 1;
  return history;
}

}  // namespace headroom::facts
