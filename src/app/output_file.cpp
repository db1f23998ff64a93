#include "app/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "act/private_file.h"

namespace headroom::app {
namespace {

Error cannot_write(const std::string& path, int error, Exit exit) {
  return {fmt::format("cannot write the report: {}", std::strerror(error)),
          path.empty() ? "standard output" : path,
          act::disk_is_full(error) ? "make room on that disk, or --output FILE with another place"
                                   : "--output FILE with another place",
          act::disk_is_full(error) ? Exit::partial : exit};
}

/// Whether a device, a pipe or the like has this name: a file must not take its place.
bool is_special(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode);
}

}  // namespace

Result<std::unique_ptr<OutputFile>> OutputFile::open(const std::string& path) {
  if (path.empty() || path == "-") return std::unique_ptr<OutputFile>(new OutputFile(STDOUT_FILENO, {}, {}));
  if (is_special(path)) {
    const int there = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (there < 0) return fail(cannot_write(path, errno, Exit::usage));
    return std::unique_ptr<OutputFile>(new OutputFile(there, path, {}));
  }
  auto beside = fmt::format("{}.{}.part", path, ::getpid());
  const int fd =
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return fail(cannot_write(path, errno, Exit::usage));
  return std::unique_ptr<OutputFile>(new OutputFile(fd, path, std::move(beside)));
}

Result<bool> OutputFile::can_open(const std::string& path) {
  if (path.empty() || path == "-") return true;
  // A pipe would be opened, and whoever reads it would see its end.
  if (is_special(path)) {
    if (::access(path.c_str(), W_OK) != 0) return fail(cannot_write(path, errno, Exit::usage));
    return true;
  }
  if (const auto file = open(path); !file) return fail(file.error());
  return true;
}

OutputFile::~OutputFile() {
  if (path_.empty()) return;
  if (fd_ >= 0) ::close(fd_);
  if (!finished_ && !beside_.empty()) ::unlink(beside_.c_str());
}

bool OutputFile::write(std::string_view text) {
  while (error_ == 0 && !text.empty()) {
    const auto written = ::write(fd_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      error_ = errno;
    else
      text.remove_prefix(static_cast<std::size_t>(written));
  }
  return error_ == 0;
}

bool OutputFile::reader_left() const { return path_.empty() && error_ == EPIPE; }

Result<bool> OutputFile::finish() {
  if (path_.empty()) {
    if (error_ != 0 && !reader_left()) return fail(cannot_write(path_, error_, Exit::partial));
    return true;
  }
  const bool in_place = beside_.empty();
  if (error_ == 0 && !in_place && ::fsync(fd_) != 0) error_ = errno;
  ::close(fd_);
  fd_ = -1;
  if (error_ == 0 && !in_place && ::rename(beside_.c_str(), path_.c_str()) != 0) error_ = errno;
  if (error_ != 0) return fail(cannot_write(path_, error_, Exit::partial));
  finished_ = true;
  return true;
}

}  // namespace headroom::app
