#include <atomic>

#include "app/output.h"
#include "app/output_file.h"
#include "app/rdb/action.h"
#include "app/rdb/key_families.h"
#include "app/rdb/reading.h"
#include "report/key_lines.h"

namespace headroom::app {
namespace {

using report::Format;

/// Lines of JSON for programs; columns when a person looks at them.
Result<Format> format_of_keys(const Options& options) {
  if (options.format.empty()) return stdout_is_for_people(options) ? Format::text : Format::ndjson;
  if (options.format == "json") return Format::ndjson;
  const auto format = report::format_named(options.format);
  if (!format || *format == Format::markdown)
    return fail({"rdb keys prints ndjson, csv or text", "--format", "--format ndjson", Exit::usage});
  return format;
}

/// Prints the keys that pass the filter.
class KeyPrinter final : public RecordSink {
 public:
  KeyPrinter(const KeyFilter& filter, const MeasuredReading& reading, const KeyFamilies* families,
             Format format, report::Sink sink)
      : filter_(filter),
        reading_(reading),
        families_(families),
        lines_(format, families != nullptr, std::move(sink)) {}

  Interest look(std::uint32_t db, std::string_view key) override {
    return {filter_.takes_name(db, key) ? Look::details : Look::name, 0};
  }
  void take(const KeyRecord& record) override {
    const bool expires = record.expires == Expires::at;
    if (!filter_.takes(record.type, expires ? std::optional(record.ttl) : std::nullopt)) return;
    if (!filter_.takes_size(record.bytes)) return;
    const auto* attribution = families_ == nullptr ? nullptr : families_->of(record.db, record.key);
    if (families_ != nullptr && (attribution == nullptr || attribution->family != filter_.family)) return;
    lines_.add(record, reading_.now(), attribution);
  }
  void restart() override {}
  void finish() { lines_.finish(); }

 private:
  const KeyFilter& filter_;
  const MeasuredReading& reading_;
  const KeyFamilies* families_;
  report::KeyLines lines_;
};

}  // namespace

Result<Exit> rdb_keys(const Invocation& invocation, const SnapshotTarget& target, const KeyFilter& filter) {
  const auto format = format_of_keys(invocation.options);
  if (!format) return fail(format.error());
  const auto families = families_for(filter, target, invocation.options);
  if (!families) return fail(families.error());
  MeasuredReading reading(target, invocation.options);
  const auto out = OutputFile::open(invocation.options.output);
  if (!out) return fail(out.error());
  std::atomic<bool> written = true;  // the decoder's thread asks it
  KeyPrinter printer(filter, reading, families->get(), *format,
                     [&](std::string_view text) { written = (*out)->write(text); });
  const auto outcome = reading.read(printer, {filter.db, {}, [&] { return !written; }});
  if (!outcome) return fail(outcome.error());
  printer.finish();
  return ending(outcome->decoded, target, **out);
}

}  // namespace headroom::app
