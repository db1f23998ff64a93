#include <fmt/format.h>

#include "app/families.h"
#include "app/output.h"
#include "report/families_report.h"
#include "report/names.h"

namespace headroom::app {
namespace {

std::string types_in_words(family::Types types) {
  std::string words;
  for (std::size_t i = 1; i < key_type_count; ++i) {
    const auto type = static_cast<KeyType>(i);
    if (types.has(type)) words += fmt::format("{}{}", words.empty() ? "" : ", ", report::type_name(type));
  }
  return words;
}

Result<Exit> run(const Invocation& invocation) {
  const auto known = Families::load(invocation.options);
  if (!known) return fail(known.error());
  std::vector<report::FamilyRow> rows;
  for (const auto& family : known->all())
    for (const auto& shape : family.shapes)
      rows.push_back({std::string(family.name), std::string(family.title), std::string(shape.shape),
                      types_in_words(shape.types), std::string(shape.role),
                      std::string(report::care_name(shape.care)), std::string(shape.why),
                      std::string(shape.debris)});
  if (const auto done = emit(report::families_report(rows), invocation); !done) return fail(done.error());
  return Exit::fine;
}

}  // namespace

Subcommand families() {
  return {"families", "what headroom knows of each library's keys, and why it would or would not touch them",
          "",         {OptionGroup::output, OptionGroup::policy},
          "",         run};
}

}  // namespace headroom::app
