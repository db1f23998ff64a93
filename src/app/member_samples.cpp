#include "app/member_samples.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "act/private_file.h"
#include "base/hash.h"
#include "base/text.h"

namespace headroom::app {
namespace {

constexpr std::size_t most_members = 100'000, most_bytes = 64U * most_members;

template <class Number>
bool take_number(std::string_view& text, Number& value, int base, char end) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  const auto used = static_cast<std::size_t>(rest - text.data());
  if (error != std::errc() || used >= text.size() || text[used] != end) return false;
  text.remove_prefix(used + 1);
  return true;
}

}  // namespace

MemberSamples::MemberSamples(const std::string& state, std::string_view server, std::chrono::milliseconds now)
    : now_(now.count()) {
  if (state.empty()) return;
  folder_ = state + "/samples";
  path_ = folder_ + "/" + fingerprint(server);
  load();
}

void MemberSamples::load() {
  const auto file = act::open_private(path_, O_RDONLY);
  if (!file) return;
  std::string text(most_bytes, '\0');
  const auto size = act::read_at(*file, 0, text.data(), text.size(), path_);
  if (!size) return;
  auto rest = std::string_view(text).substr(0, *size);
  std::uint64_t member = 0;
  std::int64_t since = 0;
  while (take_number(rest, member, 16, ' ') && take_number(rest, since, 10, '\n')) before_[member] = since;
}

bool MemberSamples::seen_before(std::string_view set, std::uint32_t db, std::string_view member) {
  const auto id = hash_bytes(member, hash_bytes(set, db));
  const auto found = before_.find(id);
  const auto since = found == before_.end() ? now_ : std::min(found->second, now_);
  if (met_.size() < most_members) met_[id] = since;
  return now_ - since >= std::chrono::milliseconds(gap).count();
}

Result<bool> MemberSamples::save() const {
  if (folder_.empty()) return true;
  if (const auto made = act::private_folder(folder_); !made) return made;
  std::string text;
  for (const auto& [member, since] : met_) text += fmt::format("{:016x} {}\n", member, since);
  const auto beside = path_ + ".new";
  {
    const auto file = act::open_private(beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) return fail(file.error());
    if (const auto written = act::write_all(*file, text, beside); !written) return written;
  }
  if (std::rename(beside.c_str(), path_.c_str()) == 0) return true;
  return fail(act::file_error("cannot keep what the plan saw", path_, errno));
}

}  // namespace headroom::app
