#include "act/state_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "act/private_file.h"

namespace headroom::act {
namespace {

constexpr std::size_t secret_size = 32;
constexpr std::string_view another = "choose another place: --state DIR or HEADROOM_STATE_DIR";

std::string place(const std::string& asked, const StateFolder::Environment& environment) {
  const auto variable = [&](const std::string& name) { return environment(name).value_or(""); };
  if (!asked.empty()) return asked;
  if (auto own = variable("HEADROOM_STATE_DIR"); !own.empty()) return own;
  // A relative path there is to be ignored (XDG Base Directory Specification).
  if (const auto xdg = variable("XDG_STATE_HOME"); xdg.starts_with('/')) return xdg + "/headroom";
  if (const auto home = variable("HOME"); home.starts_with('/')) return home + "/.local/state/headroom";
  return "/var/lib/headroom";
}

Error of_state(Error error) {
  error.what = "the state folder cannot be used: " + error.what;
  return error;
}

/// The folders above `path` that are missing.
Result<bool> make_parents(const std::string& path) {
  for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const auto parent = path.substr(0, slash);
    if (::mkdir(parent.c_str(), S_IRWXU) != 0 && errno != EEXIST)
      return fail(
          {file_error("cannot make this folder", "", errno).what, parent, std::string(another), Exit::usage});
  }
  return true;
}

Result<std::string> random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t there = 0; there < count;) {
    const auto got = ::getrandom(bytes.data() + there, count - there, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(file_error("cannot get random bytes from this system", "getrandom", errno));
    there += static_cast<std::size_t>(got);
  }
  return bytes;
}

Result<std::string> read_secret(const std::string& path) {
  auto file = open_private(path, O_RDONLY);
  if (!file) return fail(file.error());
  std::string secret(secret_size + 1, '\0');
  auto got = read_at(*file, 0, secret.data(), secret.size(), path);
  if (!got) return fail(got.error());
  if (*got != secret_size)
    return fail({"this secret is not 32 bytes long", path,
                 "restore it: plans and journals of this folder cannot be read without it", Exit::refused});
  secret.resize(secret_size);
  return secret;
}

/// Written beside and given its name at the end: nobody ever reads half a secret, and of two that make one
/// the first wins.
Result<bool> make_secret(const std::string& folder, const std::string& path) {
  auto secret = random_bytes(secret_size);
  if (!secret) return fail(secret.error());
  const auto beside = fmt::format("{}.{}.new", path, ::getpid());
  ::unlink(beside.c_str());  // of a crash
  auto file = open_private(beside, O_WRONLY | O_CREAT | O_EXCL);
  if (!file) return fail(file.error());
  auto done = write_all(*file, *secret, beside);
  if (done) done = sync_file(*file, beside);
  if (done && ::link(beside.c_str(), path.c_str()) != 0 && errno != EEXIST)
    done = fail(file_error("cannot make the secret of this state folder", path, errno));
  ::unlink(beside.c_str());
  if (done) done = sync_folder(folder);
  return done;
}

}  // namespace

Result<StateFolder> StateFolder::open(const std::string& asked, const Environment& environment) {
  auto path = place(asked, environment);
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  auto made = make_parents(path);
  if (made) made = private_folder(path);
  if (made) made = private_folder(path + "/runs");
  if (!made) return fail(of_state(made.error()));
  return StateFolder(std::move(path));
}

Result<bool> StateFolder::writable() const {
  for (const auto& folder : {path_, path_ + "/runs"})
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
      return fail({fmt::format("the state folder cannot be written, and runs keep their journals there: {}",
                               std::strerror(errno)),
                   folder, std::string(another), Exit::usage});
  return true;
}

Result<std::string> StateFolder::secret() const {
  const auto path = path_ + "/key";
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    if (auto made = make_secret(path_, path); !made) return fail(of_state(made.error()));
  }
  return read_secret(path);
}

}  // namespace headroom::act
