#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "act/journal.h"
#include "act/journal_blocks.h"
#include "act/journal_file.h"
#include "act/journal_form.h"
#include "act/packing.h"

namespace headroom::act {

struct JournalWriter::File {
  File(std::string place, Fd opened, const std::string& secret)
      : path(std::move(place)), fd(std::move(opened)), chain(secret) {}

  template <class Write>
  void add(const Write& write) {
    if (broken) return;
    write(pending);
    if (pending.size() >= block_size) poison(write_block());
  }

  /// One write() for the whole block.
  Result<bool> write_block() {
    if (pending.size() > most_unpacked)
      return fail({fmt::format("one step needs {} bytes of journal", pending.size()), path,
                   "remove such keys by quarantine", Exit::partial});
    block.assign(block_head, '\0');
    packer.pack(pending, block);
    chain.close(block, pending.size());
    pending.clear();
    unsynced = true;
    if (auto written = write_all(fd, block, path); !written) return written;
    bytes += block.size();
    return true;
  }

  Result<bool> sync() {
    if (!broken && !pending.empty()) poison(write_block());
    if (!broken && unsynced) poison(sync_file(fd, path));
    if (broken) return fail(*broken);
    unsynced = false;
    return true;
  }

  void poison(const Result<bool>& result) {
    if (!result && !broken) broken = result.error();
  }

  std::string path;
  Fd fd;
  BlockChain chain;
  Packer packer{};
  std::string pending{}, block{};
  std::uint64_t bytes = 0;
  bool unsynced = false;
  std::optional<Error> broken{};
};

namespace {

/// Two writers would each break the chain of the other.
Result<bool> lock(const Fd& file, const std::string& path) {
  if (::flock(file.number(), LOCK_EX | LOCK_NB) == 0) return true;
  if (errno != EWOULDBLOCK) return fail(file_error("cannot lock this journal", path, errno));
  return fail({"another process is writing this journal", path, "wait until it has ended", Exit::refused});
}

}  // namespace

// The first block is written beside the place and then given its name, so that a journal that has a name
// says of whom it is.
Result<JournalWriter> JournalWriter::create(const std::string& folder, const std::string& secret,
                                            const JournalStart& start) {
  if (auto made = private_folder(folder); !made) return fail(made.error());
  const auto path = journal_path(folder), beside = path + ".new";
  ::unlink(beside.c_str());  // of a crash
  auto fd = open_private(beside, O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
  if (!fd) return fail(fd.error());
  if (auto locked = lock(*fd, path); !locked) return fail(locked.error());
  auto file = std::make_unique<File>(path, *std::move(fd), secret);
  file->add([&](std::string& out) { append(out, start); });
  auto done = file->sync();
  if (done && ::link(beside.c_str(), path.c_str()) != 0) {
    done = errno == EEXIST ? Result<bool>(fail({"this run has a journal already", path,
                                                "go on with it, or begin a new run", Exit::refused}))
                           : Result<bool>(fail(file_error("cannot give this journal its name", path, errno)));
  }
  ::unlink(beside.c_str());
  if (done) done = sync_folder(folder);
  if (done) done = sync_folder(folder + "/..");
  if (!done) return fail(done.error());
  return JournalWriter(std::move(file));
}

Result<JournalWriter> JournalWriter::resume(const std::string& folder, const std::string& secret) {
  const auto path = journal_path(folder);
  auto fd = open_private(path, O_RDWR | O_APPEND);
  if (!fd) return fail(fd.error());
  if (auto locked = lock(*fd, path); !locked) return fail(locked.error());
  auto file = std::make_unique<File>(path, *std::move(fd), secret);
  auto source = journal_source(file->fd, path);
  if (!source) return fail(source.error());
  auto health = walk_blocks(*source, file->chain, [](std::string_view, std::uint64_t) { return true; });
  if (!health) return fail(health.error());
  if (!health->damage.empty() || health->blocks == 0)
    return fail(
        {health->blocks == 0 ? "this is no journal that can be gone on with" : "this journal is damaged",
         path + (health->damage.empty() ? "" : ", " + health->damage),
         "headroom undo verify shows how much of it is good; make a new plan", Exit::refused});
  if (health->cut && ::ftruncate(file->fd.number(), static_cast<off_t>(health->good_bytes)) != 0)
    return fail(file_error("cannot take the cut tail off this journal", path, errno));
  // Also what a run before us wrote and could not sync.
  if (::fsync(file->fd.number()) != 0)
    return fail(file_error("cannot bring this file to the disk", path, errno));
  file->bytes = health->good_bytes;
  return JournalWriter(std::move(file));
}

JournalWriter::JournalWriter(std::unique_ptr<File> file) : file_(std::move(file)) {}
JournalWriter::JournalWriter(JournalWriter&&) noexcept = default;
JournalWriter& JournalWriter::operator=(JournalWriter&&) noexcept = default;
JournalWriter::~JournalWriter() = default;

void JournalWriter::add(const JournalStep& step) {
  file_->add([&](std::string& out) { append(out, step); });
}
void JournalWriter::add(const JournalOutcome& outcome) {
  file_->add([&](std::string& out) { append(out, outcome); });
}
void JournalWriter::add(const JournalStart& again) {
  file_->add([&](std::string& out) { append(out, again); });
}
void JournalWriter::note(std::string_view text) {
  file_->add([&](std::string& out) { append_note(out, text); });
}
Result<bool> JournalWriter::sync() { return file_->sync(); }
std::uint64_t JournalWriter::bytes() const { return file_->bytes; }

}  // namespace headroom::act
