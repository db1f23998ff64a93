#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "act/journal.h"
#include "act/journal_disk.h"
#include "act/journal_file.h"
#include "act/journal_form.h"

namespace headroom::act {

struct JournalWriter::File {
  File(const std::string& path, Fd file, BlockChain chain, std::uint64_t bytes)
      : disk(path, std::move(file), std::move(chain), bytes) {}

  template <class Write>
  void add(const Write& write) {
    write(pending);
    if (pending.size() >= block_size) hand_over(false);
  }

  std::uint64_t hand_over(bool sync) { return disk.order(std::exchange(pending, {}), sync); }

  std::string pending{};
  JournalDisk disk;
};

namespace {

/// Two writers would each break the chain of the other.
Result<bool> lock_file(const Fd& file, const std::string& path) {
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
  if (auto locked = lock_file(*fd, path); !locked) return fail(locked.error());
  JournalWriter writer(std::make_unique<File>(path, *std::move(fd), BlockChain(secret), 0));
  writer.add(start);
  auto done = writer.sync();
  if (done && ::link(beside.c_str(), path.c_str()) != 0) {
    done = errno == EEXIST ? Result<bool>(fail({"this run has a journal already", path,
                                                "go on with it, or begin a new run", Exit::refused}))
                           : Result<bool>(fail(file_error("cannot give this journal its name", path, errno)));
  }
  ::unlink(beside.c_str());
  if (done) done = sync_folder(folder);
  if (done) done = sync_folder(folder + "/..");
  if (!done) return fail(done.error());
  return writer;
}

Result<JournalWriter> JournalWriter::resume(const std::string& folder, const std::string& secret) {
  const auto path = journal_path(folder);
  auto fd = open_private(path, O_RDWR | O_APPEND);
  if (!fd) return fail(fd.error());
  if (auto locked = lock_file(*fd, path); !locked) return fail(locked.error());
  auto source = journal_source(*fd, path);
  if (!source) return fail(source.error());
  BlockChain chain(secret);
  auto health = walk_blocks(*source, chain, [](std::string_view, std::uint64_t) { return true; });
  if (!health) return fail(health.error());
  if (!health->damage.empty() || health->blocks == 0)
    return fail(
        {health->blocks == 0 ? "this is no journal that can be gone on with" : "this journal is damaged",
         path + (health->damage.empty() ? "" : ", " + health->damage),
         "headroom undo verify shows how much of it is good; make a new plan", Exit::refused});
  if (health->cut && ::ftruncate(fd->number(), static_cast<off_t>(health->good_bytes)) != 0)
    return fail(file_error("cannot take the cut tail off this journal", path, errno));
  // Also what a run before us wrote and could not sync.
  if (::fsync(fd->number()) != 0) return fail(file_error("cannot bring this file to the disk", path, errno));
  return JournalWriter(std::make_unique<File>(path, *std::move(fd), std::move(chain), health->good_bytes));
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
Result<bool> JournalWriter::sync() { return synced(begin_sync()); }
std::uint64_t JournalWriter::begin_sync() { return file_->hand_over(true); }
Result<bool> JournalWriter::synced(std::uint64_t sync) { return file_->disk.wait(sync); }
bool JournalWriter::is_synced(std::uint64_t sync) { return file_->disk.is_done(sync); }
std::uint64_t JournalWriter::bytes() const { return file_->disk.bytes(); }

}  // namespace headroom::act
