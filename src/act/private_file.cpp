#include "act/private_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace headroom::act {
namespace {

/// Whether what `about` describes is ours alone.
Result<bool> check_private(const struct stat& about, bool folder, const std::string& path) {
  const auto refuse = [&](std::string what, std::string remedy) {
    return fail({std::move(what), path, std::move(remedy), Exit::refused});
  };
  if (folder ? !S_ISDIR(about.st_mode) : !S_ISREG(about.st_mode))
    return refuse(folder ? "this is not a folder" : "this is not a regular file", "move it away");
  if (about.st_uid != ::geteuid())
    return refuse(fmt::format("this belongs to another user (uid {})", about.st_uid),
                  "run as that user, or choose another place: --state DIR or HEADROOM_STATE_DIR");
  if ((about.st_mode & 077) != 0)
    return refuse(fmt::format("others may read or change this (mode {:04o})", about.st_mode & 07777),
                  fmt::format("chmod {} {}", folder ? "700" : "600", path));
  return true;
}

/// Of a place that cannot be used at all: it was chosen by an option or a variable.
Error place_error(std::string_view what, const std::string& path, int error) {
  auto found = file_error(what, path, error);
  if (disk_is_full(error) || error == EIO || error == EMFILE || error == ENFILE) return found;
  found.remedy = "choose another place: --state DIR or HEADROOM_STATE_DIR, for a plan --output FILE";
  found.exit = Exit::usage;
  return found;
}

}  // namespace

bool disk_is_full(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

Error file_error(std::string_view what, const std::string& path, int error) {
  return {fmt::format("{}: {}", what, std::strerror(error)), path,
          disk_is_full(error)
              ? "make room on that disk, or choose another: --state DIR, for a plan --output FILE"
              : "look at that place",
          Exit::partial};
}

// O_NONBLOCK: a FIFO in the place of the file must not keep us waiting.
Result<Fd> open_private(const std::string& path, int flags) {
  Fd file(::open(path.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, S_IRUSR | S_IWUSR));
  if (!file && errno == ELOOP)
    return fail(
        {"this is a symbolic link", path, "headroom opens only real files here: remove it", Exit::refused});
  if (!file) return fail(place_error("cannot open this file", path, errno));
  struct stat about {};
  if (::fstat(file.number(), &about) != 0) return fail(file_error("cannot look at this file", path, errno));
  if (auto ours = check_private(about, false, path); !ours) return fail(ours.error());
  return file;
}

Result<bool> private_folder(const std::string& path) {
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    return fail(place_error("cannot make this folder", path, errno));
  struct stat about {};
  if (::lstat(path.c_str(), &about) != 0) return fail(file_error("cannot look at this folder", path, errno));
  return check_private(about, true, path);
}

Result<bool> write_all(const Fd& file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto written = ::write(file.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(file_error("cannot write this file", path, errno));
    if (written == 0) return fail(file_error("cannot write this file", path, ENOSPC));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<std::size_t> read_at(const Fd& file, std::uint64_t offset, char* to, std::size_t room,
                            const std::string& path) {
  std::size_t there = 0;
  while (there < room) {
    const auto got = ::pread(file.number(), to + there, room - there, static_cast<off_t>(offset + there));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(file_error("cannot read this file", path, errno));
    if (got == 0) break;
    there += static_cast<std::size_t>(got);
  }
  return there;
}

Result<std::uint64_t> size_of(const Fd& file, const std::string& path) {
  struct stat about {};
  if (::fstat(file.number(), &about) != 0) return fail(file_error("cannot look at this file", path, errno));
  return static_cast<std::uint64_t>(about.st_size);
}

Result<bool> sync_file(const Fd& file, const std::string& path) {
  while (::fdatasync(file.number()) != 0)
    if (errno != EINTR) return fail(file_error("cannot bring this file to the disk", path, errno));
  return true;
}

Result<bool> sync_folder(const std::string& path) {
  const Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.number()) != 0)
    return fail(file_error("cannot bring this folder to the disk", path, errno));
  return true;
}

}  // namespace headroom::act
