#include "app/input_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace headroom::app {
namespace {

constexpr std::uintmax_t largest = std::uintmax_t{64} << 20U;

Error unreadable(const std::string& path, std::string_view option, std::string_view why) {
  return {fmt::format("cannot read the file: {}", why), path,
          fmt::format("{} FILE with another file", option), Exit::usage};
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::string_view option) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return fail(unreadable(path, option, "it is not there"));
  if (!std::filesystem::is_regular_file(path, error))
    return fail(unreadable(path, option, "it is no regular file"));
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > largest) return fail(unreadable(path, option, "it is larger than 64 MiB"));
  std::ifstream file(path, std::ios::binary);
  std::string text(static_cast<std::size_t>(size), '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size())))
    return fail(unreadable(path, option, std::strerror(errno)));
  return text;
}

}  // namespace headroom::app
