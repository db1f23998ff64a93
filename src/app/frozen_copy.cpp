#include "app/frozen_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "act/private_file.h"
#include "app/interruption.h"
#include "app/machine_memory.h"
#include "app/no_sink.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/snapshot_start.h"
#include "base/text.h"
#include "source/rdb/file_input.h"

namespace headroom::app {
namespace {

constexpr std::string_view folder_name = "headroom-copy";
constexpr std::string_view other_sources = "--source scan, snapshot or FILE.rdb";

bool stopped() { return interruption()->cancelled(); }

/// What tells one state of a file from another.
struct Stamp {
  ino_t inode = 0;
  off_t size = 0;
  std::chrono::nanoseconds changed{};
  bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) return {};
  return {file.st_ino, file.st_size,
          std::chrono::seconds(file.st_mtim.tv_sec) + std::chrono::nanoseconds(file.st_mtim.tv_nsec)};
}

/// A file that redis-server can read as it lies there, by its first bytes.
bool is_plain(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;
  std::array<char, 5> first{};
  std::ifstream file(path, std::ios::binary);
  file.read(first.data(), first.size());
  const std::string_view magic(first.data(), static_cast<std::size_t>(file.gcount()));
  return magic == "REDIS" || magic == "VALKE";
}

Result<bool> write_out(source::rdb::Input& input, const std::string& path) {
  const auto file = act::open_private(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!file) return fail(file.error());
  std::vector<char> room(1U << 20U);
  for (;;) {
    if (stopped()) return fail({"stopped", path, "", Exit::partial});
    if (!input.ready(std::chrono::milliseconds(100))) continue;
    const auto got = input.read(room);
    if (!got) return fail(got.error());
    if (*got == 0) return true;
    if (const auto written = act::write_all(*file, {room.data(), *got}, path); !written) return written;
  }
}

Result<bool> enough_memory(Bytes needed, const std::string& name, const Options& options) {
  const auto left = available_memory();
  if (!left || needed <= *left || options.force) return true;
  return fail(
      {fmt::format("a plan from a copy loads it into a redis-server on this machine, which takes about "
                   "{}; {} are available",
                   human_bytes(needed), human_bytes(*left)),
       name, "run headroom where there is as much memory as the server has; or --force", Exit::refused});
}

}  // namespace

Result<FrozenCopy> FrozenCopy::prepare(const Session& target) {
  PrivateServer::remove_left_behind(folder_name);
  auto server = PrivateServer::prepare(folder_name);
  if (!server) return fail(server.error());
  wire::Endpoint endpoint;
  endpoint.kind = wire::Endpoint::Kind::unix_socket;
  endpoint.path = (*server)->socket();
  endpoint.db = target.endpoint().db;
  return FrozenCopy(std::move(*server), Session(std::move(endpoint), "plan"));
}

Result<FrozenCopy> FrozenCopy::of_file(const std::string& path, const Session& target,
                                       const Options& options) {
  auto input = source::rdb::open_file(path);
  if (!input) {
    input.error().remedy = other_sources;
    return fail(input.error());
  }
  auto copy = prepare(target);
  if (!copy) return copy;
  const auto before = stamp_of(path);
  const bool as_it_is = is_plain(path);
  if (as_it_is) {
    std::error_code error;
    std::filesystem::create_symlink(std::filesystem::absolute(path), copy->server_->image(), error);
    if (error) return fail({error.message(), copy->server_->image(), "set TMPDIR", Exit::unreachable});
  } else if (const auto written = write_out(**input, copy->server_->image()); !written) {
    return fail(written.error());
  }
  if (const auto loaded = copy->take_in(path, options); !loaded) return fail(loaded.error());
  if (as_it_is && !(stamp_of(path) == before))
    return fail(
        {"the file changed while it was read", path, "copy it first, and name the copy", Exit::partial});
  return copy;
}

Result<FrozenCopy> FrozenCopy::of_snapshot(const Session& target, const Options& options) {
  const auto how = snapshot_options(options, "plan");
  const auto plan = source::plan_snapshot(target.endpoint(), how);
  if (!plan) return fail(plan.error());
  const auto name = plan->source.redacted();
  if (const auto room = enough_memory(plan->risk.used_memory.value_or(Bytes{}), name, options); !room)
    return fail(room.error());
  auto copy = prepare(target);
  if (!copy) return copy;
  announce(*plan, options);
  auto snapshot = source::open_snapshot(*plan, how);
  if (!snapshot) return fail(snapshot.error());
  if (!snapshot->input) return fail(snapshot->refusal.error);
  if (const auto written = write_out(*snapshot->input, copy->server_->image()); !written)
    return fail(written.error());
  if (const auto loaded = copy->take_in(name, options); !loaded) return fail(loaded.error());
  return copy;
}

Result<bool> FrozenCopy::take_in(const std::string& name, const Options& options) {
  const auto sound = check(name, options);
  return sound ? load(name, options) : sound;
}

/// Reads it once: what is damaged would be missed by none of the rules, and taken for gone by most.
Result<bool> FrozenCopy::check(const std::string& name, const Options& options) {
  auto input = source::rdb::open_file(server_->image());
  if (!input) return fail(input.error());
  written_ = std::chrono::duration_cast<std::chrono::milliseconds>(stamp_of(server_->image()).changed);
  source::SnapshotOptions how;
  how.stop = stopped;
  how.time_if_unknown = written_;
  NoSink none;
  ProgressLine line(options);
  const auto read = source::read_snapshot(
      **input, none, [](const source::SnapshotFacts&) { return source::ValueReaders{}; }, how,
      [&](const source::ScanProgress& progress) { line.show(progress); });
  const auto& decoded = read.decoded;
  if (stopped()) return fail({"stopped", name, "", Exit::partial});
  if (decoded.version == 0) return fail({decoded.fault, name, std::string(other_sources), Exit::usage});
  if (!read.scan.complete)
    return fail(
        {fmt::format("no plan is made from a damaged file, as what is missing would be taken for gone: "
                     "{} (byte {})",
                     decoded.fault, decoded.offset),
         name, "headroom rdb check FILE says more; make a new file (BGSAVE)", Exit::partial});
  facts_ = read.facts;
  if (facts_.time) written_ = *facts_.time;
  return enough_memory(facts_.used_memory.value_or(Bytes{decoded.bytes}), name, options);
}

Result<bool> FrozenCopy::load(const std::string& name, const Options& options) {
  std::uint32_t databases = 16;
  for (const auto& space : facts_.keyspace) databases = std::max(databases, space.db + 1);
  PrivateStart how;
  how.arguments = {"--appendonly",       "no",         "--databases", std::to_string(databases),
                   "--maxmemory-policy", "allkeys-lfu"};
  how.patience.reset();
  how.stop = stopped;
  how.ends_with_us = true;
  if (stderr_is_for_people(options))
    tell(fmt::format("loading {} into a redis-server of our own{}", name,
                     facts_.used_memory ? ", about " + human_bytes(*facts_.used_memory) : std::string()));
  auto launched = server_->launch(how);
  if (!launched) launched.error().where = name;
  return launched;
}

}  // namespace headroom::app
