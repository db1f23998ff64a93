#include "app/name_scan.h"
#include "app/planner.h"
#include "plan/celery/chords.h"
#include "plan/untouchable.h"
#include "source/celery/chords.h"
#include "source/pipelined.h"

namespace headroom::app {
namespace {

plan::celery::Chord as_read(std::uint32_t db, const source::celery::ReadChord& read) {
  plan::celery::Chord chord;
  chord.db = db, chord.parts_key = read.parts_key, chord.size_key = read.size_key,
  chord.more_key = read.more_key;
  chord.type = read.type, chord.idle = read.idle, chord.bytes = read.bytes;
  chord.looked_at = read.looked_at, chord.returned = read.returned, chord.failed = read.failed;
  if (read.size) chord.size = *read.size;
  if (read.more) chord.more = *read.more;
  return chord;
}

Result<bool> find(const PlanRequest& request, plan::StepSink& steps) {
  if (!request.policy.celery.chords || !has_family(request.survey, "celery", "chord")) return true;
  auto link = request.session.open();
  if (!link) return fail(link.error());
  plan::celery::ChordRules rules(steps);
  const source::celery::ChordLook look{plan::celery::chord_rest, plan::celery::largest_chord,
                                       plan::celery::part_failed};
  source::NameBatches batches(
      100,
      [&](std::string_view key) {
        return plan::celery::chord_prefix(key) != std::string_view::npos &&
               !plan::untouchable(key, request.policy.protect);
      },
      [&](std::uint32_t db, std::span<const std::string> names) -> Result<bool> {
        if (const auto done = source::select(**link, db); !done) return done;
        const auto chords = source::celery::read_chords(**link, names, look);
        if (!chords) return fail(chords.error());
        for (const auto& chord : *chords)
          if (const auto done = rules.decide(as_read(db, chord)); !done) return done;
        return true;
      });
  if (const auto done = scan_names(request, batches, "celery-chords", steps); !done) return done;
  rules.finish();
  return true;
}

}  // namespace

namespace planners {
Planner celery_chords() { return {"celery_chords", find}; }
}  // namespace planners

}  // namespace headroom::app
