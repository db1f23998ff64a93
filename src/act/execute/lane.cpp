#include "act/execute/lane.h"

#include <array>
#include <thread>

#include "act/identity.h"

namespace headroom::act {

using namespace std::string_view_literals;

Result<bool> Lane::open() {
  link_.reset();
  auto link = target_.open();
  if (!link) return fail(link.error());
  const auto found = identify(**link, target_.address);
  if (!found) return fail(found.error());
  if (auto why = differs(target_.server, *found); !why.empty()) {
    return fail({std::move(why), target_.address, "make a new plan", Exit::refused});
  }
  for (const auto& command : {std::array{"SELECT"sv, "0"sv}, std::array{"CLIENT"sv, "ID"sv}}) {
    const auto reply = (*link)->call(command);
    if (!reply) return fail(reply.error());
    if (command[0] == "CLIENT" && !reply->is_error()) {
      id_before_ = id_;
      id_ = reply->integer;
    }
  }
  const auto time = (*link)->call(std::array{"TIME"sv});
  if (!time) return fail(time.error());
  clock_.heard(*time);
  link_ = *std::move(link);
  db_ = 0;
  watching = false;
  replicas_ = found->replicas;
  return true;
}

Trouble Lane::select(std::uint32_t db) {
  if (db == db_) return {};
  Trouble refused;
  Pipeline pipeline(*link_);
  pipeline.ask({"SELECT", std::to_string(db)}, [&](const wire::Reply& reply) {
    if (reply.is_error()) refused = {Trouble::Kind::refused, reply.text};
  });
  if (auto trouble = pipeline.run()) return trouble;
  if (!refused) db_ = db;
  return refused;
}

Trouble Lane::outlive(std::int64_t deadline) {
  bool ended = false;
  Pipeline pipeline(*link_);
  pipeline.ask({"CLIENT", "KILL", "ID", std::to_string(id_before_)},
               [&](const wire::Reply& reply) { ended = !reply.is_error(); });
  if (auto trouble = pipeline.run()) return trouble;
  while (!ended) {
    pipeline.ask({"TIME"}, [&](const wire::Reply& reply) {
      clock_.heard(reply);
      ended = clock_.now() > deadline;
    });
    if (auto trouble = pipeline.run()) return trouble;
    if (!ended) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return {};
}

}  // namespace headroom::act
