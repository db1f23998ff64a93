#include "source/rdb/hash_templates.h"

#include "source/rdb/strings.h"

namespace headroom::source::rdb {

void HashTemplates::read(Cursor& in) {
  const auto at = in.offset();
  const auto number = read_count(in);
  Template made{read_count(in)};
  bool keep = true;
  for (std::uint64_t i = 0; i < made.fields && !in.failed(); ++i) {
    const auto head = read_string_head(in);
    keep = keep && name_bytes_ + sizeof(std::string) + head.length <= most_name_bytes;
    if (!keep) {
      in.skip(head.stored);
      continue;
    }
    name_bytes_ += sizeof(std::string) + head.length;
    std::string scratch;
    made.names.emplace_back(read_body(in, head, scratch));
  }
  if (!keep) made.names = {};
  if (in.failed()) return;
  if (known_.size() >= most_templates) return in.fail("more hash templates than any server has", at);
  known_.insert_or_assign(number, std::move(made));
}

const HashTemplates::Template* HashTemplates::find(std::uint64_t number) const {
  const auto found = known_.find(number);
  return found == known_.end() ? nullptr : &found->second;
}

}  // namespace headroom::source::rdb
