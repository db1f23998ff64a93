#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "act/packing.h"
#include "act/plan_blocks.h"
#include "act/plan_codec.h"
#include "act/plan_file.h"

namespace headroom::act {

struct PlanReader::File {
  File(std::string place, Fd opened) : path(std::move(place)), fd(std::move(opened)) {}

  tl::unexpected<Error> refuse(std::string what, std::string remedy = "make a new plan") const {
    return fail({std::move(what), path, std::move(remedy), Exit::refused});
  }

  /// Exactly `length` bytes, or none of a file that has fewer.
  Result<std::string> read(std::uint64_t from, std::size_t length) const {
    std::string bytes(length, '\0');
    auto got = read_at(fd, from, bytes.data(), length, path);
    if (!got) return fail(got.error());
    bytes.resize(*got);
    return bytes;
  }

  Result<bool> check_magic() {
    auto front = read(0, plan_magic.size());
    if (!front) return fail(front.error());
    if (*front == plan_magic) return true;
    if (plan_magic.starts_with(*front)) return refuse("this plan was cut: its end is missing");
    if (front->starts_with("HRPLAN")) return refuse("this plan was made by a newer headroom", "use that one");
    return refuse("this is no plan of headroom", "headroom plan makes one");
  }

  /// Goes through all blocks; leaves the header's in `block`, and where steps end in `steps_end`.
  Result<bool> prove_blocks(Sealer& digest) {
    std::uint64_t end = plan_magic.size();
    for (block.kind = plan_steps; block.kind != plan_header;) {
      steps_end = end;
      if (auto good = read_plan_block(fd, path, end, size, block); !good) return good;
      digest.add(block.bytes);
      end += block.bytes.size();
    }
    if (size - end != plan_seal) return refuse("this plan has more behind its end, or was cut");
    return true;
  }

  Result<bool> prove(const std::string& secret) {
    if (auto magic = check_magic(); !magic) return magic;
    auto digest = plan_digest();
    digest.add(plan_magic);
    if (auto blocks = prove_blocks(digest); !blocks) return blocks;
    auto end = read(size - plan_seal, plan_seal);
    if (!end) return fail(end.error());
    if (end->size() < plan_seal || end->front() != plan_end) return refuse("this plan is damaged at its end");
    digest.add(end->substr(0, 1));
    const auto seal = seal_of_plan(digest.finish(), secret);
    if (end->substr(1, 8) != name_of_secret(secret))
      return refuse("this plan is sealed with the secret of another state folder",
                    "apply it where it was made, with the same --state DIR, or make a new plan");
    if (!same_seal(view(seal), std::string_view(*end).substr(9)))
      return refuse("this plan was changed after it was made");
    return true;
  }

  Result<bool> unpack_block() {
    if (!unpack(block.content(), block.unpacked, content))
      return refuse("this plan is damaged: a block does not unpack");
    rest = content;
    return true;
  }

  Result<bool> next_block() {
    if (auto good = read_plan_block(fd, path, at, size, block); !good) return good;
    at += block.bytes.size();
    return unpack_block();
  }

  std::string path;
  Fd fd;
  std::uint64_t size = 0, steps_end = 0, at = plan_magic.size();
  PlanHeader header{};
  PlanBlock block{};
  std::string content{};
  std::string_view rest{};  ///< of `content`
};

Result<PlanReader> PlanReader::open(const std::string& path, const std::string& secret) {
  if (::access(path.c_str(), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
    return fail({"there is no such plan", path, "headroom plan TARGET --output FILE makes one", Exit::usage});
  auto fd = open_private(path, O_RDONLY);
  if (!fd) return fail(fd.error());
  auto file = std::make_unique<File>(path, *std::move(fd));
  auto size = size_of(file->fd, path);
  if (!size) return fail(size.error());
  file->size = *size;
  auto good = file->prove(secret);
  if (good) good = file->unpack_block();
  if (!good) return fail(good.error());
  if (!take(file->rest, file->header) || !file->rest.empty())
    return file->refuse("the header of this plan cannot be read");
  file->rest = {};
  return PlanReader(std::move(file));
}

PlanReader::PlanReader(std::unique_ptr<File> file) : file_(std::move(file)) {}
PlanReader::PlanReader(PlanReader&&) noexcept = default;
PlanReader& PlanReader::operator=(PlanReader&&) noexcept = default;
PlanReader::~PlanReader() = default;

const PlanHeader& PlanReader::header() const { return file_->header; }

Result<bool> PlanReader::next(Step& step) {
  while (file_->rest.empty()) {
    if (file_->at >= file_->steps_end) return false;
    if (auto more = file_->next_block(); !more) return more;
  }
  if (!take(file_->rest, step)) return file_->refuse("a step of this plan cannot be read");
  return true;
}

Result<bool> PlanReader::rewind() {
  file_->at = plan_magic.size();
  file_->rest = {};
  return true;
}

}  // namespace headroom::act
