#include "act/journal_form.h"

#include "act/plan_form.h"

namespace headroom::act {
namespace {

enum class Entry : std::uint8_t { start, step, outcome, note };

}  // namespace

template <>
struct LastOf<Entry> {
  static constexpr auto value = Entry::note;
};
template <>
struct LastOf<StepOutcome> {
  static constexpr auto value = StepOutcome::unknown;
};

template <class Binary>
void fields(Binary& form, Form<KeyBefore> auto& key) {
  form(key.key, key.body, key.rdb_version, key.expires_at, key.idle_seconds, key.freq);
}

template <class Binary>
void fields(Binary& form, Form<Before> auto& before) {
  form(before.kind, before.key, before.removed, before.member, before.value, before.score, before.set,
       before.number);
  form(before.entries);
}

template <class Binary>
void fields(Binary& form, Form<JournalStep> auto& step) {
  form(step.number, step.rule, step.db, step.bytes, step.keys, step.before);
}

template <class Binary>
void fields(Binary& form, Form<JournalOutcome> auto& outcome) {
  form(outcome.number, outcome.outcome);
}

template <class Binary>
void fields(Binary& form, Form<JournalStart> auto& start) {
  form(start.run, start.kind, start.of, start.address, start.run_id, start.replid, start.rdb_version,
       start.time, start.rules);
}

void append(std::string& out, const JournalStart& start) { Encoder{out}(Entry::start, start); }
void append(std::string& out, const JournalStep& step) { Encoder{out}(Entry::step, step); }
void append(std::string& out, const JournalOutcome& outcome) { Encoder{out}(Entry::outcome, outcome); }
void append_note(std::string& out, std::string_view text) { Encoder{out}(Entry::note, std::string(text)); }

bool visit_entries(std::string_view content, JournalVisitor& visitor, JournalHealth& health) {
  Decoder decoder(content);
  JournalStep step;  // its room is used again
  while (!decoder.rest().empty()) {
    Entry entry{};
    JournalStart start;
    JournalOutcome outcome;
    std::string note;
    decoder(entry);
    if (entry == Entry::start) decoder(start);
    if (entry == Entry::step) decoder(step);
    if (entry == Entry::outcome) decoder(outcome);
    if (entry == Entry::note) decoder(note);
    if (!decoder.ok()) return false;
    if (entry == Entry::start) visitor.start(start);
    if (entry == Entry::step) ++health.steps, visitor.step(step);
    if (entry == Entry::outcome) ++health.outcomes, visitor.outcome(outcome);
    if (entry == Entry::note) visitor.note(note);
  }
  return true;
}

}  // namespace headroom::act
