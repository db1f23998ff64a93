#include "source/live_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "source/live/pump.h"
#include "wire/info_text.h"
#include "wire/server_error.h"

namespace headroom::source {
namespace {

using namespace std::string_view_literals;
using Kind = Halt::Kind;
using wire::Reply;

constexpr std::uint64_t most_restarts = 3;
constexpr std::chrono::milliseconds shortest_wait{100};
constexpr std::chrono::milliseconds longest_wait{2000};

Error server_says(std::string_view command, const Reply& reply, std::string remedy) {
  return {fmt::format("the server refused {}: {}", command, printable(reply.text)), "reading the keyspace",
          std::move(remedy)};
}

bool is_loading(const wire::InfoText& info) {
  // async_loading: a replica that still serves the old data while it loads the new.
  return info.number("loading") == 1 && info.number("async_loading") != 1;
}

/// CLIENT NO-TOUCH is known from 7.2 on. None of our commands needs it; it guards against what we do not know
/// of later versions.
bool knows_no_touch(const wire::InfoText& info) {
  const std::string_view version = info.text("redis_version");
  int major = 0, minor = 0;
  const auto* end = version.data() + version.size();
  const auto [dot, error] = std::from_chars(version.data(), end, major);
  if (error != std::errc{} || dot == end || *dot != '.') return false;
  if (std::from_chars(dot + 1, end, minor).ec != std::errc{}) return false;
  return major > 7 || (major == 7 && minor >= 2);
}

/// One call of scan().
class LiveScan {
 public:
  LiveScan(const Reopen& open, RecordSink& sink, const ScanOptions& options, const OnProgress& progress)
      : open_(open),
        sink_(sink),
        options_(options),
        pacer_(options.pace.max_load_percent),
        meter_(options, progress) {}

  Result<ScanOutcome> run();

 private:
  Halt pass();
  Halt insist(const std::function<Halt()>& step);
  bool wait_a_little();

  Halt start();
  Halt connect();
  Halt learn_server(const wire::InfoText& info);
  Halt go_blind();
  Halt read(Pump& pump, std::uint32_t db);
  Halt attach(std::uint32_t db);
  Halt verify(bool fresh);
  Halt select(std::uint32_t db);
  Halt count_again();
  std::uint64_t keys_wanted(const wire::InfoText& info) const;
  Result<ScanOutcome> finish(const Halt& end);

  const Reopen& open_;
  RecordSink& sink_;
  const ScanOptions& options_;
  Pacer pacer_;
  Meter meter_;

  std::unique_ptr<wire::Link> link_{};
  std::optional<std::uint32_t> selected_{};
  bool was_connected_ = false;
  bool blind_ = false;  ///< INFO is refused: no run_id, no list of databases
  bool lfu_ = false;
  bool no_touch_ = false;
  std::string run_id_{};
  std::vector<Keyspace> databases_{};

  std::chrono::nanoseconds waited_{};  ///< since the server last answered something
  std::chrono::milliseconds next_wait_ = shortest_wait;
  std::uint64_t answered_ = 0;  ///< pages and details, when the waiting began
};

Result<ScanOutcome> LiveScan::run() {
  Halt end = pass();
  while (end.kind == Kind::changed) {
    sink_.restart();
    meter_.forget_counts();
    if (meter_.counted.restarts == most_restarts) {
      end = stopped("the server restarted or failed over again and again");
      break;
    }
    ++meter_.counted.restarts;
    end = pass();
  }
  return finish(end);
}

Halt LiveScan::pass() {
  if (Halt end = insist([this] { return start(); }); !end.is_done()) return end;
  // One Details per pass: a restarted server may have other rights.
  Details details(lfu_);
  for (const Keyspace& database : databases_) {
    Pump pump(database.db, page_limit(database.keys, options_.pace.names_per_page), options_.pace, sink_,
              details, pacer_, meter_);
    Halt end = insist([&] { return read(pump, database.db); });
    if (!end.is_done()) return end;
  }
  return insist([this] { return count_again(); });
}

/// Repeats `step` while the server is away or busy, and patience lasts.
Halt LiveScan::insist(const std::function<Halt()>& step) {
  Halt end = step();
  while (end.kind == Kind::lost || end.kind == Kind::wait) {
    if (end.kind == Kind::lost) link_.reset();
    if (!wait_a_little()) {
      if (meter_.counted.keys == 0) return halt(Kind::failed, end.error);
      return stopped(end.kind == Kind::lost
                         ? "the connection was lost and did not come back"
                         : "the server did not become ready again (loading, or busy with a script)");
    }
    end = step();
  }
  return end;
}

/// False when patience or time is over.
bool LiveScan::wait_a_little() {
  const std::uint64_t answered = meter_.counted.keys + meter_.counted.asked;
  if (answered != answered_) {
    answered_ = answered;
    waited_ = {};
    next_wait_ = shortest_wait;
  }
  if (waited_ >= options_.patience || !meter_.exhausted(meter_.now()).empty()) return false;
  meter_.sleep(next_wait_);
  waited_ += next_wait_;
  next_wait_ = std::min(next_wait_ * 2, longest_wait);
  return true;
}

Halt LiveScan::connect() {
  selected_.reset();
  auto opened = open_();
  if (!opened) return halt(was_connected_ ? Kind::lost : Kind::failed, opened.error());
  link_ = *std::move(opened);
  was_connected_ = true;
  return {};
}

Halt LiveScan::start() {
  if (!link_)
    if (Halt end = connect(); !end.is_done()) return end;
  auto info = link_->call(std::array{"INFO"sv});
  if (!info) return halt(Kind::lost, info.error());
  if (!info->is_error()) return learn_server(wire::InfoText(std::move(info->text)));
  const auto prefix = info->error_prefix();
  if (wire::passes_by_itself(*info)) return halt(Kind::wait, server_says("INFO", *info, "try again later"));
  if (prefix == "NOAUTH" || prefix == "WRONGPASS")
    return halt(Kind::failed, server_says("INFO", *info, "give the password: REDISCLI_AUTH=... or -a"));
  return go_blind();
}

Halt LiveScan::learn_server(const wire::InfoText& info) {
  if (is_loading(info))
    return halt(Kind::wait,
                {"the server is still loading its data", "reading the keyspace", "try again when it is up"});
  blind_ = false;
  run_id_ = info.text("run_id");
  lfu_ = info.text("maxmemory_policy").find("lfu") != std::string_view::npos;
  no_touch_ = knows_no_touch(info);
  databases_.clear();
  for (const Keyspace& database : info.keyspace())
    if (!options_.db || database.db == *options_.db) databases_.push_back(database);
  // An empty answer may also be one that hides the section: one page tells.
  if (databases_.empty()) databases_.push_back({options_.db.value_or(0), 0, 0});
  meter_.counted.expected = keys_wanted(info);
  return {};
}

Halt LiveScan::go_blind() {
  blind_ = true;
  run_id_.clear();
  const std::uint32_t db = options_.db.value_or(0);
  if (Halt end = select(db); !end.is_done()) return end;
  auto size = link_->call(std::array{"DBSIZE"sv});
  if (!size) return halt(Kind::lost, size.error());
  const std::int64_t keys = size->kind == Reply::Kind::integer ? std::max<std::int64_t>(size->integer, 0) : 0;
  databases_ = {{db, static_cast<std::uint64_t>(keys), 0}};
  meter_.counted.expected = databases_[0].keys;
  return {};
}

std::uint64_t LiveScan::keys_wanted(const wire::InfoText& info) const {
  std::uint64_t keys = 0;
  for (const Keyspace& database : info.keyspace())
    if (!options_.db || database.db == *options_.db) keys += database.keys;
  return keys;
}

Halt LiveScan::read(Pump& pump, std::uint32_t db) {
  Halt end = halt(Kind::check);
  while (end.kind == Kind::check) {
    if (Halt attached = attach(db); !attached.is_done()) return attached;
    end = pump.run(*link_);
  }
  return end.is_done() ? verify(false) : end;
}

Halt LiveScan::attach(std::uint32_t db) {
  const bool fresh = !link_;
  if (fresh)
    if (Halt end = connect(); !end.is_done()) return end;
  if (Halt end = verify(fresh); !end.is_done()) return end;
  if (selected_ != db) return select(db);
  return {};
}

/// Is it still the process whose cursors we hold? `fresh`: the connection was opened since we last knew.
Halt LiveScan::verify(bool fresh) {
  meter_.checked();
  if (run_id_.empty()) return halt(fresh ? Kind::changed : Kind::done);
  auto info = link_->call(std::array{"INFO"sv, "server"sv});
  if (!info) return halt(Kind::lost, info.error());
  if (wire::passes_by_itself(*info)) return halt(Kind::wait, server_says("INFO", *info, "try again later"));
  const std::string now_id(wire::InfoText(std::move(info->text)).text("run_id"));
  return halt(now_id == run_id_ ? Kind::done : Kind::changed);
}

Halt LiveScan::select(std::uint32_t db) {
  if (no_touch_ && !selected_) {
    auto ignored = link_->call(std::array{"CLIENT"sv, "NO-TOUCH"sv, "ON"sv});
    if (!ignored) return halt(Kind::lost, ignored.error());
  }
  const std::string number = std::to_string(db);
  auto reply = link_->call(std::array<std::string_view, 2>{"SELECT", number});
  if (!reply) return halt(Kind::lost, reply.error());
  if (wire::passes_by_itself(*reply))
    return halt(Kind::wait, server_says("SELECT", *reply, "try again later"));
  // A connection begins in database 0, and one that was opened with another number has just shown that SELECT
  // is allowed.
  if (reply->is_error() && db != 0) {
    if (options_.db)
      return halt(Kind::failed, server_says(fmt::format("SELECT {}", db), *reply,
                                            "choose another database, or allow SELECT"));
    return stopped("SELECT is refused: not every database was read");
  }
  selected_ = db;
  return {};
}

Halt LiveScan::count_again() {
  if (blind_) return options_.db ? Halt{} : stopped("INFO is refused: only database 0 was read");
  if (!link_)
    if (Halt end = connect(); !end.is_done()) return end;
  auto info = link_->call(std::array{"INFO"sv, "keyspace"sv});
  if (!info) return halt(Kind::lost, info.error());
  meter_.counted.expected_after = keys_wanted(wire::InfoText(std::move(info->text)));
  return {};
}

Result<ScanOutcome> LiveScan::finish(const Halt& end) {
  meter_.tick();
  if (end.kind == Kind::failed) return fail(end.error);
  meter_.counted.complete = end.is_done();
  meter_.counted.stopped_by = end.stopped_by;
  return meter_.counted;
}

}  // namespace

Clock real_clock() {
  return {[] { return std::chrono::steady_clock::now(); },
          [](std::chrono::nanoseconds length) { std::this_thread::sleep_for(length); }};
}

Result<ScanOutcome> scan(const Reopen& open, RecordSink& sink, const ScanOptions& options,
                         const OnProgress& progress) {
  return LiveScan(open, sink, options, progress).run();
}

}  // namespace headroom::source
