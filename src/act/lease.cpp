#include "act/lease.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <pwd.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "act/private_file.h"
#include "base/text.h"
#include "wire/reactions.h"

namespace headroom::act {
namespace {

using namespace std::string_view_literals;

// A script with a shebang may say that it needs memory at maxmemory (redis src/script.c, from 7.0).
constexpr auto take_at_maxmemory =
    "#!lua flags=allow-oom\n"
    "if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end return 0"sv;
constexpr auto remove_if_it_is =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('UNLINK', KEYS[1]) end return 0"sv;

/// Where a pid means something: "HOST ns pid:[4026531836]". Two containers may call themselves alike.
std::string place() {
  std::array<char, 256> host{}, space{};
  ::gethostname(host.data(), host.size() - 1);
  if (::readlink("/proc/self/ns/pid", space.data(), space.size() - 1) < 0) space[0] = '?';
  return fmt::format("{} ns {}", host.data(), space.data());
}

std::string who(const std::string& run) {
  std::array<char, 4096> room{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(::geteuid(), &entry, room.data(), room.size(), &found);
  const std::string user = found != nullptr ? found->pw_name : fmt::format("uid {}", ::geteuid());
  return fmt::format("{}@{} pid {} run {}", user, place(), ::getpid(), run);
}

/// Whether a holder ran here and is no more: it was killed, and need not be waited for.
bool is_dead(std::string_view holder) {
  const auto at = holder.find('@');
  const auto here = place() + " pid ";
  if (at == holder.npos || here.find('?') != here.npos || !holder.substr(at + 1).starts_with(here))
    return false;
  holder.remove_prefix(at + 1 + here.size());
  pid_t pid = 0;
  const auto read = std::from_chars(holder.data(), holder.data() + holder.size(), pid);
  return read.ec == std::errc() && pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH;
}

std::string random_digits() {
  std::uint64_t number = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number);
  return fmt::format("{:016x}", number);
}

tl::unexpected<Error> held_by(std::string_view holder, std::string where) {
  return fail({"another run is at work: " + truncate_middle(printable(holder), 200), std::move(where),
               "wait until it has ended, or stop it; a run that died frees its place within 15 seconds",
               Exit::refused});
}

class ServerLease final : public LeaseKeeper {
 public:
  ServerLease(Open open, const std::string& run, LeaseOptions options)
      : open_(std::move(open)), options_(std::move(options)) {
    lease_.holder = who(run);
  }

  Result<bool> take();
  const Lease& lease() const override { return lease_; }
  Result<bool> keep() override;
  void release() override;
  std::string note() const override { return note_; }

 private:
  std::string value() const { return lease_.token + " " + lease_.holder; }
  Result<wire::Reply> call(wire::Command command);
  std::string new_token() const;
  Result<bool> take_at_oom(const std::string& life);
  Result<bool> taken_by_other();
  std::optional<bool> renew();
  /// If it is still of this value.
  void remove(std::string_view text);
  bool remove_by_script(std::string_view text);
  void remove_by_watch(std::string_view text);
  void mark_renewed();
  bool out_of_time() const;

  Open open_;
  LeaseOptions options_;
  Lease lease_{};
  std::string note_{};
  std::unique_ptr<wire::Link> link_{};
  std::chrono::steady_clock::time_point renewed_{};
  std::chrono::system_clock::time_point renewed_wall_{};
  bool lost_ = false;
};

/// Over the connection at hand, or a new one. A connection that broke is given up.
Result<wire::Reply> ServerLease::call(wire::Command command) {
  if (!link_) {
    auto opened = open_();
    if (!opened) return fail(opened.error());
    link_ = *std::move(opened);
  }
  auto reply = link_->call(command);
  if (!reply) link_.reset();
  return reply;
}

std::string ServerLease::new_token() const {
  const auto wall = options_.clock.wall().time_since_epoch();
  return fmt::format("{:020}-{}", std::chrono::duration_cast<std::chrono::microseconds>(wall).count(),
                     random_digits());
}

void ServerLease::mark_renewed() {
  renewed_ = options_.clock.now();
  renewed_wall_ = options_.clock.wall();
}

Result<bool> ServerLease::take() {
  lease_.token = new_token();
  const auto life = fmt::format("{}", options_.life.count());
  // Twice: the one who held it may let go between our two questions.
  for (int tries = 0; tries < 2; ++tries) {
    mark_renewed();
    const auto set = call(std::array{"SET"sv, std::string_view(lease_.key), std::string_view(value()), "NX"sv,
                                     "PX"sv, std::string_view(life)});
    if (!set) return fail(set.error());
    if (set->error_prefix() == "OOM") return take_at_oom(life);
    if (set->is_error()) {
      const auto& row = wire::reaction_to(set->text);
      return fail({"the lease " + lease_.key + " cannot be written: " + printable(set->text),
                   std::string(row.why), "allow it: ACL SETUSER NAME +set +get +pexpire ~headroom:*"});
    }
    if (set->kind != wire::Reply::Kind::nil) return true;
    if (auto other = taken_by_other(); !other) return other;
  }
  return held_by("its name could not be read", lease_.key);
}

/// True: nobody any more.
Result<bool> ServerLease::taken_by_other() {
  const auto held = call(std::array{"GET"sv, std::string_view(lease_.key)});
  if (!held) return fail(held.error());
  if (held->kind == wire::Reply::Kind::nil) return true;
  std::string_view holder = held->text;
  if (const auto space = holder.find(' '); !held->is_error() && space != std::string_view::npos)
    holder.remove_prefix(space + 1);
  if (!held->is_error() && is_dead(holder)) {
    remove(held->text);
    return true;
  }
  return held_by(holder, lease_.key);
}

Result<bool> ServerLease::take_at_oom(const std::string& life) {
  const auto text = value();
  const auto taken = call(std::array{"EVAL"sv, take_at_maxmemory, "1"sv, std::string_view(lease_.key),
                                     std::string_view(text), std::string_view(life)});
  if (!taken) return fail(taken.error());
  if (taken->kind == wire::Reply::Kind::integer && taken->integer == 1) return true;
  if (!taken->is_error()) return taken_by_other();
  lease_.key.clear();
  lease_.token.clear();
  note_ =
      "The server is at maxmemory and takes no lease (" + truncate_middle(printable(taken->text), 100) +
      "): only the lock of the state folder keeps other runs away, and only those that use the same folder.";
  return true;
}

bool ServerLease::out_of_time() const {
  const auto most = options_.life * 2 / 3;
  return options_.clock.now() - renewed_ >= most || options_.clock.wall() - renewed_wall_ >= most;
}

Result<bool> ServerLease::keep() {
  if (lease_.key.empty()) return true;
  if (lost_ || out_of_time()) return !(lost_ = true);
  if (options_.clock.now() - renewed_ < options_.life / 3) return true;
  const auto asked = options_.clock.now();
  const auto asked_wall = options_.clock.wall();
  // Without an answer it is tried again at the next call, until the time is over.
  if (const auto ours = renew()) {
    lost_ = !*ours;
    renewed_ = asked, renewed_wall_ = asked_wall;
  }
  return !lost_;
}

/// Lengthens it and looks whose it is; empty: not known. A token never comes back once another is there, so
/// finding ours after PEXPIRE proves that it was ours all the time: no script and no transaction are needed,
/// and it works at maxmemory. Somebody else's lease lives a little longer by our PEXPIRE, which hurts nobody.
std::optional<bool> ServerLease::renew() {
  const auto life = fmt::format("{}", options_.life.count());
  const auto lengthened = call(std::array{"PEXPIRE"sv, std::string_view(lease_.key), std::string_view(life)});
  if (!lengthened || lengthened->is_error()) return std::nullopt;
  const auto found = call(std::array{"GET"sv, std::string_view(lease_.key)});
  if (!found || found->is_error()) return std::nullopt;
  return lengthened->integer == 1 && found->text == value();
}

bool ServerLease::remove_by_script(std::string_view text) {
  const auto released =
      call(std::array{"EVAL"sv, remove_if_it_is, "1"sv, std::string_view(lease_.key), text});
  return released && !released->is_error();
}

void ServerLease::remove_by_watch(std::string_view text) {
  const std::string_view key = lease_.key;
  if (const auto watched = call(std::array{"WATCH"sv, key}); !watched || watched->is_error()) return;
  const auto found = call(std::array{"GET"sv, key});
  if (!found || found->text != text) return;
  if (const auto begun = call(std::array{"MULTI"sv}); !begun || begun->is_error()) return;
  if (const auto queued = call(std::array{"UNLINK"sv, key}); !queued) return;
  (void)call(std::array{"EXEC"sv});
}

void ServerLease::remove(std::string_view text) {
  if (!remove_by_script(text)) remove_by_watch(text);
}

void ServerLease::release() {
  if (lease_.key.empty() || !link_) return;  // a lost connection: it expires
  remove(value());
  lost_ = true;
}

std::string first_line(int file) {
  std::array<char, 512> room{};
  const auto read = ::pread(file, room.data(), room.size(), 0);
  const std::string_view text(room.data(), read > 0 ? static_cast<std::size_t>(read) : 0);
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace

Result<std::unique_ptr<LeaseKeeper>> LeaseKeeper::take(Open open, const std::string& run,
                                                       LeaseOptions options) {
  auto keeper = std::make_unique<ServerLease>(std::move(open), run, std::move(options));
  if (auto taken = keeper->take(); !taken) return fail(taken.error());
  return std::unique_ptr<LeaseKeeper>(std::move(keeper));
}

Result<LocalLock> LocalLock::take(const std::string& state_folder, const std::string& run) {
  const auto path = state_folder + "/lock";
  auto opened = open_private(path, O_RDWR | O_CREAT);
  if (!opened) return fail(opened.error());
  wire::Fd file = *std::move(opened);
  if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return held_by(first_line(file.number()), path);
    return fail({fmt::format("the lock cannot be taken: {}", std::strerror(errno)), path,
                 "put the state folder on a file system that knows flock()", Exit::usage});
  }
  // Only a word for whoever finds it taken: what cannot be written is left out.
  const auto holder = who(run) + "\n";
  if (::ftruncate(file.number(), 0) == 0) (void)!::pwrite(file.number(), holder.data(), holder.size(), 0);
  return LocalLock(std::move(file));
}

}  // namespace headroom::act
