#pragma once

#include "model/repack.h"
#include "model/report.h"
#include "model/survey.h"

/// `headroom repack`: what other limits would save.
namespace headroom::report {

/// The report "headroom.repack/1". Facts: target, source, complete, time, server, keys, bytes, bytes_saved
/// (by all that is advised), share_saved, bytes_after. Bytes are those of keys and values, without the tables
/// that find keys, which stay. Tables:
///   advice    a row per kind of value that has something to save: kind, limits ("hash-max-listpack-value
///             512"), keys, bytes_saved, advised, bytes_saved_made_anew (of these, what is saved under the
///             lowest limits too, once keys are made anew), bytes_saved_most (under the highest limits
///             tried), why
///   commands  what to type, and the line of redis.conf
///   owners    owner, family, db, keys, bytes, bytes_saved, bytes_after (by all that is advised), settings[]
///             (kind, value, entries, keys, bytes_saved: as in settings, for this owner)
///   jobs      owner, family, db, jobs, bytes_per_job, bytes_per_job_after
///   settings  the limits tried: kind, value, entries, keys, bytes_saved, advised. value or entries is null
///             where the kind has no such limit. Limits that pack no more keys than the next lower ones are
///             left out: what they save is what those save.
/// Names of settings are those of the server's version: ziplist before 7.0.
Report repack_report(const Survey& survey, const RepackAdvice& advice);

}  // namespace headroom::report
