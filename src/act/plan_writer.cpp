#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>

#include "act/packing.h"
#include "act/plan_blocks.h"
#include "act/plan_codec.h"
#include "act/plan_file.h"

namespace headroom::act {

struct PlanWriter::File {
  File(std::string final_path, std::string beside_path, Fd opened)
      : path(std::move(final_path)), beside(std::move(beside_path)), fd(std::move(opened)) {}
  ~File() {
    if (!finished) ::unlink(beside.c_str());
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  Result<bool> write(std::string_view bytes) {
    if (broken) return fail(*broken);
    digest.add(bytes);
    auto written = write_all(fd, bytes, beside);
    if (!written) broken = written.error();
    return written;
  }

  Result<bool> write_block(char kind) {
    block.assign(plan_block_head, '\0');
    packer.pack(pending, block);
    close_plan_block(block, kind, pending.size());
    pending.clear();
    return write(block);
  }

  /// Makes the file what `path` names.
  Result<bool> publish() {
    if (auto synced = sync_file(fd, beside); !synced) return synced;
    if (::rename(beside.c_str(), path.c_str()) != 0)
      return fail(file_error("cannot give this plan its name", path, errno));
    finished = true;
    const auto slash = path.rfind('/');
    return sync_folder(slash == std::string::npos ? "." : path.substr(0, slash + 1));
  }

  std::string path, beside;
  Fd fd;
  Sealer digest = plan_digest();
  Packer packer{};
  std::string pending{}, block{};
  std::uint64_t steps = 0;
  bool finished = false;
  std::optional<Error> broken{};
};

Result<PlanWriter> PlanWriter::create(const std::string& path) {
  // What bears the name is replaced at the end: a device or a pipe would be gone for everybody.
  struct stat about {};
  if (::stat(path.c_str(), &about) == 0 && !S_ISREG(about.st_mode))
    return fail({"a plan cannot take the place of this: it is no regular file", path,
                 "--output FILE with the name of a file", Exit::usage});
  auto beside = fmt::format("{}.{}.part", path, ::getpid());
  ::unlink(beside.c_str());  // of a crash
  auto fd = open_private(beside, O_WRONLY | O_CREAT | O_EXCL);
  if (!fd) return fail(fd.error());
  auto file = std::make_unique<File>(path, std::move(beside), *std::move(fd));
  if (auto written = file->write(plan_magic); !written) return fail(written.error());
  return PlanWriter(std::move(file));
}

PlanWriter::PlanWriter(std::unique_ptr<File> file) : file_(std::move(file)) {}
PlanWriter::PlanWriter(PlanWriter&&) noexcept = default;
PlanWriter& PlanWriter::operator=(PlanWriter&&) noexcept = default;
PlanWriter::~PlanWriter() = default;

Result<bool> PlanWriter::add(const Step& step) {
  append(file_->pending, step);
  ++file_->steps;
  if (file_->pending.size() >= plan_block_size) return file_->write_block(plan_steps);
  return true;
}

std::uint64_t PlanWriter::steps() const { return file_->steps; }

Result<bool> PlanWriter::finish(PlanHeader header, const std::string& secret) {
  header.steps = file_->steps;
  if (!file_->pending.empty()) {
    if (auto written = file_->write_block(plan_steps); !written) return written;
  }
  append(file_->pending, header);
  if (auto written = file_->write_block(plan_header); !written) return written;
  const std::string end(1, plan_end);
  file_->digest.add(end);
  const auto seal = seal_of_plan(file_->digest.finish(), secret);
  if (auto written = file_->write(end + name_of_secret(secret) + std::string(view(seal))); !written)
    return written;
  return file_->publish();
}

}  // namespace headroom::act
