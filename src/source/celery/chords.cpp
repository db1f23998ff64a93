#include "source/celery/chords.h"

#include <charconv>

#include "source/pipelined.h"

namespace headroom::source::celery {
namespace {

using wire::Reply;

std::uint64_t number(const std::optional<std::string>& text) {
  std::uint64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

void keep_text(const Reply& reply, std::optional<std::string>& text) {
  if (reply.kind == Reply::Kind::text) text = reply.text;
}

Result<std::vector<ReadChord>> measured(wire::Link& link, std::span<const std::string> names) {
  std::vector<ReadChord> chords(names.size());
  Pipelined questions(link);
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto& chord = chords[i];
    const auto stem = names[i].substr(0, names[i].size() - 2);
    chord.parts_key = names[i], chord.size_key = stem + ".s", chord.more_key = stem + ".t";
    questions.ask({"TYPE", names[i]}, [&chord](const Reply& reply) { chord.type = reply.text; });
    questions.ask({"OBJECT", "IDLETIME", names[i]},
                  [&chord](const Reply& reply) { chord.idle = idle_in(reply); });
    questions.ask({"MEMORY", "USAGE", names[i]},
                  [&chord](const Reply& reply) { chord.parts_bytes = chord.bytes = {count_in(reply)}; });
    for (const auto* key : {&chord.size_key, &chord.more_key})
      questions.ask({"MEMORY", "USAGE", *key},
                    [&chord](const Reply& reply) { chord.bytes += Bytes{count_in(reply)}; });
  }
  if (const auto done = questions.read(); !done) return fail(done.error());
  std::erase_if(chords, [](const ReadChord& chord) { return chord.type != "zset" && chord.type != "list"; });
  return chords;
}

Result<bool> count(wire::Link& link, std::vector<ReadChord>& chords, const ChordLook& look) {
  Pipelined questions(link);
  for (auto& chord : chords) {
    chord.looked_at = chord.idle && *chord.idle >= look.idle && chord.parts_bytes.count <= look.most_bytes;
    if (!chord.looked_at) continue;
    questions.ask({chord.type == "zset" ? "ZCARD" : "LLEN", chord.parts_key},
                  [&chord](const Reply& reply) { chord.returned = count_in(reply); });
    questions.ask({"GET", chord.size_key}, [&chord](const Reply& reply) { keep_text(reply, chord.size); });
    questions.ask({"GET", chord.more_key}, [&chord](const Reply& reply) { keep_text(reply, chord.more); });
  }
  return questions.read();
}

Result<bool> look_for_failure(wire::Link& link, ReadChord& chord, const ChordLook& look) {
  constexpr std::uint64_t parts_at_a_time = 50;
  for (std::uint64_t from = 0; from < chord.returned && !chord.failed; from += parts_at_a_time) {
    const auto first = std::to_string(from), last = std::to_string(from + parts_at_a_time - 1);
    Pipelined questions(link);
    questions.ask({chord.type == "zset" ? "ZRANGE" : "LRANGE", chord.parts_key, first, last},
                  [&](const Reply& reply) {
                    for (const auto& part : reply.items) chord.failed |= look.failed(part.text);
                  });
    if (const auto done = questions.read(); !done) return done;
  }
  return true;
}

}  // namespace

Result<std::vector<ReadChord>> read_chords(wire::Link& link, std::span<const std::string> names,
                                           const ChordLook& look) {
  auto chords = measured(link, names);
  if (!chords) return chords;
  if (const auto done = count(link, *chords, look); !done) return fail(done.error());
  for (auto& chord : *chords)
    if (chord.looked_at && chord.size && chord.returned >= number(chord.size) + number(chord.more))
      if (const auto done = look_for_failure(link, chord, look); !done) return fail(done.error());
  return chords;
}

}  // namespace headroom::source::celery
