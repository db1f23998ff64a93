#include "app/families.h"

#include "app/input_file.h"

namespace headroom::app {

Result<Families> Families::load(const Options& options) {
  Families families;
  if (!options.policy.empty()) {
    const auto text = read_file(options.policy, "--policy");
    if (!text) return fail(text.error());
    auto users = family::parse_families(*text, options.policy);
    if (!users) return fail(users.error());
    families.users_ = std::make_unique<family::UserFamilies>(std::move(*users));
    families.all_ = families.users_->families;
  }
  for (auto& family : family::known_families()) families.all_.push_back(std::move(family));
  return families;
}

}  // namespace headroom::app
