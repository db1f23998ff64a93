#pragma once

#include <span>
#include <vector>

#include "family/family.h"
#include "model/pattern_group.h"

/// Says of every group of keys whose it is: the end of a scan, when all names are known.
namespace headroom::family {

/// Fills PatternGroup::attribution of all groups, judged together per database. Pure; a second call with the
/// same groups gives the same answers. The texts of an attribution point into `families`' literals (or a
/// user's UserFamilies), which must outlive the groups.
///
/// A key is assigned to the longest confirmed root (evidence.h) that has a shape for it; shapes without
/// {root} come second, the one with more literal text first. `owner` is the root or prefix as it stands in
/// the pattern, so queues whose names were folded are one owner; its exact bytes where nothing is folded.
/// Types decide between shapes of one name: the hash `R:user:logs` is a job, the list a log. Groups of which
/// no key was measured are matched by their names alone.
///
/// Closed world: one list, set, zset, hash or stream of no known shape under the root of a closed-world
/// family makes the whole owner read-only, because jobs may be in it that are nowhere else.
///
/// About 3 us per group; linear in the length of names.
void attribute(std::vector<PatternGroup>& groups, std::span<const Family> families);

}  // namespace headroom::family
