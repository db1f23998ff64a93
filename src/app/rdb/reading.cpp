#include "app/rdb/reading.h"

#include <fmt/format.h>

#include "app/allocator_guess.h"
#include "app/interruption.h"
#include "app/progress.h"
#include "base/text.h"
#include "source/rdb/stoppable_input.h"

namespace headroom::app {

Result<source::rdb::Decoded> decode_snapshot(const SnapshotTarget& target, source::rdb::Events& events,
                                             const std::function<bool()>& stop) {
  const auto input = target.open();
  if (!input) return fail(input.error());
  const auto interrupted = interruption();
  const std::function<bool()> ends = [&] { return interrupted->cancelled() || (stop && stop()); };
  source::rdb::StoppableInput stoppable(**input, ends);
  auto decoded = source::rdb::decode(*source::rdb::read_ahead(stoppable), events);
  source::judge_change(decoded, **input);
  return decoded;
}

MeasuredReading::MeasuredReading(const SnapshotTarget& target, const Options& options, Bytes bytes)
    : target_(target), options_(options), bytes_(bytes), now_(target.written) {
  if (options.allocator == "auto" && target.again && bytes == Bytes::measured)
    guess_ = guess_allocator(target.open);
}

source::ValueReaders MeasuredReading::prepare(const source::SnapshotFacts& facts) {
  now_ = facts.time.value_or(target_.written);
  if (bytes_ == Bytes::left_out) return {};
  ServerFacts server;
  server.version = facts.version, server.flavour = facts.flavour;
  set_allocator(options_, guess_, server);
  model_.emplace(memory::server_model(server, memory::Held::live));
  return {&*model_, nullptr};
}

Result<source::SnapshotOutcome> MeasuredReading::read(RecordSink& sink, source::SnapshotOptions how) {
  const auto input = target_.open();
  if (!input) return fail(input.error());
  how.time_if_unknown = target_.written;
  how.stop = [interrupted = interruption(), stop = std::move(how.stop)] {
    return interrupted->cancelled() || (stop && stop());
  };
  ProgressLine line(options_);
  return source::read_snapshot(
      **input, sink, [&](const source::SnapshotFacts& facts) { return prepare(facts); }, how,
      [&](const source::ScanProgress& progress) { line.show(progress); });
}

Result<Exit> ending(const source::rdb::Decoded& decoded, const SnapshotTarget& target) {
  if (decoded.complete) return Exit::fine;
  if (interruption()->cancelled())
    return fail({"stopped before the end; what was printed is true", target.name, "let it run to the end",
                 Exit::partial});
  if (decoded.version == 0 && !decoded.input_failed)
    return fail({decoded.fault, target.name, "headroom rdb check FILE with a file that SAVE or BGSAVE wrote",
                 Exit::usage});
  const auto last = decoded.keys == 0
                        ? std::string("there is no whole key before it")
                        : fmt::format("the last whole key before it is {}",
                                      truncate_middle(escape_for_terminal(decoded.last_key), 200));
  return fail({fmt::format("{}, at offset {}; {}", decoded.fault, decoded.offset, last), target.name,
               "what was printed is true, and not all; another copy of the file may be whole",
               Exit::partial});
}

Result<Exit> ending(const source::rdb::Decoded& decoded, const SnapshotTarget& target, OutputFile& out) {
  if (decoded.version != 0)
    if (const auto finished = out.finish(); !finished) return fail(finished.error());
  if (out.reader_left()) return Exit::fine;
  return ending(decoded, target);
}

Result<bool> needs_a_file(const SnapshotTarget& target, std::string_view option) {
  if (target.again) return true;
  return fail({fmt::format("{} reads the snapshot more than once, which a pipe cannot give", option),
               target.name, "save it to a file first", Exit::usage});
}

}  // namespace headroom::app
