#include "source/rdb/file_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "source/rdb/unpacking_input.h"

namespace headroom::source::rdb {
namespace {

constexpr std::string_view gzip_magic = "\x1f\x8b", zstd_magic = "\x28\xb5\x2f\xfd";

Error cannot_read(const std::string& path, std::string_view why) {
  return {fmt::format("cannot read the file: {}", why), path,
          "headroom audit FILE.rdb with a file that can be read", Exit::usage};
}

/// What tells one state of a file from another.
struct Stamp {
  off_t size = 0;
  ino_t inode = 0;
  timespec changed{};
  bool operator==(const Stamp& other) const {
    return size == other.size && inode == other.inode && changed.tv_sec == other.changed.tv_sec &&
           changed.tv_nsec == other.changed.tv_nsec;
  }
};

class FileInput final : public Input {
 public:
  FileInput(int fd, std::string path) : fd_(fd), path_(std::move(path)) {
    struct stat now {};
    if (::fstat(fd_, &now) == 0 && S_ISREG(now.st_mode)) regular_ = true, stamp_ = stamp_of(now);
  }
  ~FileInput() override {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;

  Result<std::size_t> read(std::span<char> room) override {
    if (front_used_ < front_size_) return take_front(room);
    const auto got = read_some(room);
    if (!got || *got > 0 || !regular_) return got;
    if (!changed()) return got;
    return fail(cannot_read(path_, "it changed while it was read"));
  }
  bool changed() const override {
    struct stat now {};
    return regular_ && (::fstat(fd_, &now) != 0 || !(stamp_of(now) == stamp_));
  }
  bool ready(std::chrono::milliseconds patience) override {
    if (regular_ || front_used_ < front_size_) return true;
    pollfd waiting{fd_, POLLIN, 0};
    const int answer = ::poll(&waiting, 1, static_cast<int>(patience.count()));
    return answer > 0 || (answer < 0 && errno != EINTR);
  }
  std::uint64_t size() const override { return regular_ ? static_cast<std::uint64_t>(stamp_.size) : 0; }

  /// The first bytes, which read() gives again.
  Result<std::string_view> front() {
    while (front_size_ < front_.size()) {
      const auto got = read_some({front_.data() + front_size_, front_.size() - front_size_});
      if (!got) return fail(got.error());
      if (*got == 0) break;
      front_size_ += *got;
    }
    return std::string_view(front_.data(), front_size_);
  }

 private:
  static Stamp stamp_of(const struct stat& file) { return {file.st_size, file.st_ino, file.st_mtim}; }
  Result<std::size_t> take_front(std::span<char> room) {
    const auto count = std::min(room.size(), front_size_ - front_used_);
    std::memcpy(room.data(), front_.data() + front_used_, count);
    front_used_ += count;
    return count;
  }
  Result<std::size_t> read_some(std::span<char> room) {
    while (true) {
      const auto got = ::read(fd_, room.data(), room.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return fail(cannot_read(path_, std::strerror(errno)));
    }
  }

  int fd_;
  std::string path_;
  bool regular_ = false;
  Stamp stamp_{};
  std::array<char, 4> front_{};
  std::size_t front_size_ = 0, front_used_ = 0;
};

Result<std::unique_ptr<FileInput>> open_plain(const std::string& path) {
  if (path == "-") return std::make_unique<FileInput>(STDIN_FILENO, "standard input");
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(cannot_read(path, std::strerror(errno)));
  auto input = std::make_unique<FileInput>(fd, path);
  struct stat file {};
  if (::fstat(fd, &file) == 0 && S_ISDIR(file.st_mode)) return fail(cannot_read(path, "it is a directory"));
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return input;
}

}  // namespace

Result<std::unique_ptr<Input>> open_file(const std::string& path) {
  auto file = open_plain(path);
  if (!file) return fail(file.error());
  const auto front = (*file)->front();
  if (!front) return fail(front.error());
  if (front->starts_with(gzip_magic)) return gzip_input(std::move(*file), path);
  if (front->starts_with(zstd_magic)) return zstd_input(std::move(*file), path);
  return std::unique_ptr<Input>(std::move(*file));
}

}  // namespace headroom::source::rdb
