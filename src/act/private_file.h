#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/fd.h"

/// Files and folders of a state folder: ours alone, never reached through a symbolic link (SEC-2).
namespace headroom::act {

using wire::Fd;

/// Open for what `flags` of open(2) say; O_NOFOLLOW, O_CLOEXEC and the mode 0600 are added. Errors: it
/// cannot be opened (Exit::usage, or Exit::partial where there is no room); it is no regular file, belongs to
/// somebody else or others may read or write it (Exit::refused).
Result<Fd> open_private(const std::string& path, int flags);

/// Makes the folder, 0700, if it is not there. Errors as above, for a folder.
Result<bool> private_folder(const std::string& path);

/// All of `bytes`: short writes are gone on with, interrupted ones repeated.
Result<bool> write_all(const Fd& file, std::string_view bytes, const std::string& path);

/// Bytes from `offset`, until `room` is full or the file ends; how many.
Result<std::size_t> read_at(const Fd& file, std::uint64_t offset, char* to, std::size_t room,
                            const std::string& path);

Result<std::uint64_t> size_of(const Fd& file, const std::string& path);

/// fdatasync().
Result<bool> sync_file(const Fd& file, const std::string& path);

/// Makes a name that was added to the folder, or taken away, as durable as its file.
Result<bool> sync_folder(const std::string& path);

/// Whether this errno says that there is no room: of the disk, the quota, or the largest file allowed.
bool disk_is_full(int error);

/// "disk full" and the like, from errno: Exit::partial, since it comes in the middle of work.
Error file_error(std::string_view what, const std::string& path, int error);

}  // namespace headroom::act
