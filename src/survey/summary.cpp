#include "survey/summary.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "survey/cell.h"
#include "survey/merge_groups.h"

namespace headroom::survey {
namespace {

struct Adder {
  std::uint64_t keys = 0;
  EstimateSum bytes{}, without_ttl_keys{}, without_ttl_bytes{};

  void add(const PatternGroup& group) {
    keys += group.keys;
    bytes.add(group.bytes);
    without_ttl_keys.add(group.without_ttl_keys);
    without_ttl_bytes.add(group.without_ttl_bytes);
  }
  void add(const Sum& sum) {
    keys += sum.keys;
    bytes.add(sum.bytes);
    without_ttl_keys.add(sum.without_ttl_keys);
    without_ttl_bytes.add(sum.without_ttl_bytes);
  }
  Sum sum() const { return {keys, bytes.total(), without_ttl_keys.total(), without_ttl_bytes.total()}; }
};

template <class T, class Less>
void sort_by_bytes(std::vector<T>& rows, Less less_name) {
  std::stable_sort(rows.begin(), rows.end(), [&](const T& a, const T& b) {
    return a.sum.bytes.value != b.sum.bytes.value ? a.sum.bytes.value > b.sum.bytes.value : less_name(a, b);
  });
}

std::vector<FamilySum> families_of(const std::vector<PatternGroup>& groups) {
  std::map<std::string_view, Adder> adders;
  for (const auto& group : groups) adders[group.attribution.family].add(group);
  std::vector<FamilySum> rows;
  for (const auto& [family, adder] : adders) rows.push_back({family, adder.sum()});
  sort_by_bytes(rows, [](const auto& a, const auto& b) { return a.family < b.family; });
  return rows;
}

struct OwnerAdder {
  Adder all{};
  std::map<std::string_view, std::pair<Care, Adder>> parts{};
  std::string_view version{}, read_only_why{};
  bool read_only = false;

  void add(const PatternGroup& group) {
    const auto& attribution = group.attribution;
    all.add(group);
    auto& part = parts.try_emplace(attribution.role, attribution.care, Adder{}).first->second;
    part.second.add(group);
    if (version.empty()) version = attribution.version;
    if (attribution.read_only) read_only = true, read_only_why = attribution.read_only_why;
  }
};

std::vector<PartSum> parts_of(const OwnerAdder& owner) {
  std::vector<PartSum> parts;
  for (const auto& [role, part] : owner.parts) parts.push_back({role, part.first, part.second.sum()});
  sort_by_bytes(parts, [](const auto& a, const auto& b) { return a.role < b.role; });
  return parts;
}

std::vector<OwnerSum> owners_of(const std::vector<PatternGroup>& groups) {
  std::map<std::tuple<std::string_view, std::string, std::uint32_t>, OwnerAdder> adders;
  for (const auto& group : groups)
    if (!group.attribution.family.empty())
      adders[{group.attribution.family, group.attribution.owner, group.db}].add(group);
  std::vector<OwnerSum> rows;
  for (const auto& [name, adder] : adders) {
    const auto& [family, owner, db] = name;
    rows.push_back({family, owner, db, adder.version, adder.read_only, adder.read_only_why, adder.all.sum(),
                    parts_of(adder)});
  }
  sort_by_bytes(rows, [](const auto& a, const auto& b) { return a.owner < b.owner; });
  return rows;
}

/// What a count in a sample says of the whole group.
Estimate grown(std::uint64_t hits, const PatternGroup& group) {
  return proportion(hits, group.measured, group.keys);
}

Estimate scaled(const Estimate& estimate, double share) {
  return {estimate.value * share, estimate.low * share, estimate.high * share};
}

// A pattern of one type keeps its interval. Where types are mixed the bytes are shared out as measured, and
// so is the interval; it is then that of the pattern, not of the type.
/// The type that the keys of this encoding have, among those measured in the group.
KeyType type_with(Encoding encoding, const PatternGroup& group) {
  using enum KeyType;
  const auto may_be = [encoding](KeyType type) {
    switch (encoding) {
      case Encoding::integer:
      case Encoding::embstr:
      case Encoding::raw:
        return type == string;
      case Encoding::intset:
        return type == set;
      case Encoding::quicklist:
        return type == list;
      case Encoding::skiplist:
        return type == zset;
      case Encoding::stream:
        return type == KeyType::stream;
      case Encoding::hashtable:
        return type == hash || type == set;
      case Encoding::listpack:
      case Encoding::ziplist:
        return type == hash || type == zset || type == list || type == set;
      default:
        return true;
    }
  };
  auto best = unknown;
  for (std::size_t i = 1; i < key_type_count; ++i) {
    const auto type = static_cast<KeyType>(i);
    const auto more = group.measured_types[i] > group.measured_types[static_cast<std::size_t>(best)];
    if (may_be(type) && more) best = type;
  }
  return best == unknown ? group.type() : best;
}

std::vector<TypeSum> types_of(const std::vector<PatternGroup>& groups) {
  std::map<std::pair<KeyType, Encoding>, std::pair<EstimateSum, EstimateSum>> adders;
  for (const auto& group : groups) {
    if (group.measured == 0) continue;
    for (std::size_t e = 0; e < encoding_count; ++e) {
      if (group.measured_encodings[e] == 0) continue;
      const auto share =
          static_cast<double>(group.measured_encodings[e]) / static_cast<double>(group.measured);
      auto& adder = adders[{type_with(static_cast<Encoding>(e), group), static_cast<Encoding>(e)}];
      adder.first.add(grown(group.measured_encodings[e], group));
      adder.second.add(scaled(group.bytes, share));
    }
  }
  std::vector<TypeSum> rows;
  for (const auto& [name, adder] : adders)
    rows.push_back({name.first, name.second, adder.first.total(), adder.second.total()});
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.bytes.value > b.bytes.value; });
  return rows;
}

template <std::size_t n>
std::array<Estimate, n> histogram(const std::vector<PatternGroup>& groups,
                                  std::array<std::uint64_t, n> PatternGroup::*counts) {
  std::array<EstimateSum, n> adders{};
  for (const auto& group : groups)
    for (std::size_t i = 0; i < n; ++i)
      if ((group.*counts)[i] > 0) adders[i].add(grown((group.*counts)[i], group));
  std::array<Estimate, n> out{};
  for (std::size_t i = 0; i < n; ++i) out[i] = adders[i].total();
  return out;
}

constexpr std::size_t most_examples = 3;

void sort_debris(std::vector<DebrisSum>& rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.bytes.value > b.bytes.value; });
}

std::vector<DebrisSum> debris_of(const std::vector<PatternGroup>& groups) {
  struct Found {
    DebrisSum sum{};
    EstimateSum keys{}, bytes{};
  };
  std::map<std::tuple<std::string_view, std::string_view, std::string, std::uint32_t>, Found> found;
  for (const auto& group : groups) {
    const auto& attribution = group.attribution;
    const auto& keys = attribution.only_without_ttl
                           ? group.without_ttl_keys
                           : Estimate{static_cast<double>(group.keys), static_cast<double>(group.keys),
                                      static_cast<double>(group.keys)};
    if (attribution.debris.empty() || keys.high == 0 || (keys.exact() && keys.value == 0)) continue;
    auto& row = found[{attribution.debris, attribution.family, attribution.owner, group.db}];
    row.keys.add(keys);
    row.bytes.add(attribution.only_without_ttl ? group.without_ttl_bytes : group.bytes);
    row.sum.kind = attribution.debris, row.sum.family = attribution.family, row.sum.owner = attribution.owner;
    row.sum.db = group.db, row.sum.why = attribution.debris_why, row.sum.certainty = attribution.certainty;
    if (row.sum.examples.size() < most_examples && !attribution.only_without_ttl)
      row.sum.examples.push_back(group.example);
  }
  std::vector<DebrisSum> rows;
  for (auto& [name, row] : found) {
    row.sum.keys = row.keys.total(), row.sum.bytes = row.bytes.total();
    rows.push_back(std::move(row.sum));
  }
  sort_debris(rows);
  return rows;
}

Sum total_of(const std::vector<PatternGroup>& groups) {
  Adder all;
  for (const auto& group : groups) all.add(group);
  return all.sum();
}

void sort_patterns(std::vector<PatternGroup>& groups) {
  std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
    return a.bytes.value != b.bytes.value ? a.bytes.value > b.bytes.value
                                          : std::tie(a.db, a.pattern) < std::tie(b.db, b.pattern);
  });
}

/// Everything that follows from the patterns alone.
void add_up(Survey& survey) {
  sort_patterns(survey.patterns);
  survey.total = total_of(survey.patterns);
  survey.families = families_of(survey.patterns);
  survey.owners = owners_of(survey.patterns);
  survey.types = types_of(survey.patterns);
  survey.ttl_histogram = histogram(survey.patterns, &PatternGroup::measured_ttl);
  survey.idle_histogram = histogram(survey.patterns, &PatternGroup::measured_idle);
  survey.ttl_unknown_keys = survey.expired_keys = 0;
  survey.expired_bytes = {};
  survey.idle_known = false;
  for (const auto& group : survey.patterns) {
    survey.expired_keys += group.expired, survey.expired_bytes += group.expired_bytes;
    if (group.measured == 0 || group.measured_ttl_unknown == group.measured)
      survey.ttl_unknown_keys += group.keys;
    for (const auto count : group.measured_idle) survey.idle_known |= count > 0;
  }
}

/// Rows of two surveys; what is of one kind, owner and certainty becomes one row. Each was judged where its
/// keys are: a proof on one shard knows nothing of another.
std::vector<DebrisSum> joined(std::vector<DebrisSum> a, std::vector<DebrisSum> b) {
  const auto place = [](const DebrisSum& row) {
    return std::tie(row.kind, row.family, row.owner, row.db, row.certainty);
  };
  const auto plus = [](const Estimate& x, const Estimate& y) {
    EstimateSum sum;
    sum.add(x), sum.add(y);
    return sum.total();
  };
  for (auto& row : b) {
    const auto same =
        std::find_if(a.begin(), a.end(), [&](const DebrisSum& mine) { return place(mine) == place(row); });
    if (same == a.end()) {
      a.push_back(std::move(row));
      continue;
    }
    same->keys = plus(same->keys, row.keys), same->bytes = plus(same->bytes, row.bytes);
    for (auto& example : row.examples)
      if (same->examples.size() < most_examples) same->examples.push_back(std::move(example));
  }
  sort_debris(a);
  return a;
}

std::optional<Bytes> plus(const std::optional<Bytes>& a, const std::optional<Bytes>& b) {
  return a && b ? std::optional(*a + *b) : std::nullopt;
}

}  // namespace

void EstimateSum::add(const Estimate& estimate) {
  value_ += estimate.value;
  below_ += (estimate.value - estimate.low) * (estimate.value - estimate.low);
  above_ += (estimate.high - estimate.value) * (estimate.high - estimate.value);
}

Estimate EstimateSum::total() const {
  return {value_, std::max(0.0, value_ - std::sqrt(below_)), value_ + std::sqrt(above_)};
}

Survey summarise(std::vector<PatternGroup> groups, Observed observed) {
  Survey survey;
  survey.server = std::move(observed.server);
  survey.scan = observed.scan;
  survey.confidence = confidence;
  survey.precision = observed.precision;
  survey.measured = observed.measured;
  survey.biggest = std::move(observed.biggest);
  survey.biggest_guarantee = observed.scan.complete ? std::move(observed.biggest_guarantee)
                                                    : "Not every key was seen: larger ones may exist.";
  survey.folded_patterns = observed.folded_patterns;
  survey.other_keys = observed.other_keys;
  survey.patterns = std::move(groups);
  survey.debris = debris_of(survey.patterns);
  add_up(survey);
  return survey;
}

Survey merge(Survey a, Survey b) {
  a.server.target += ", " + b.server.target;
  a.server.used_memory = plus(a.server.used_memory, b.server.used_memory);
  a.server.maxmemory = plus(a.server.maxmemory, b.server.maxmemory);
  a.server.keyspace.insert(a.server.keyspace.end(), b.server.keyspace.begin(), b.server.keyspace.end());
  a.server.missing.insert(a.server.missing.end(), b.server.missing.begin(), b.server.missing.end());
  a.scan.keys += b.scan.keys, a.scan.expected += b.scan.expected,
      a.scan.expected_after += b.scan.expected_after;
  a.scan.asked += b.scan.asked, a.scan.denied += b.scan.denied, a.scan.restarts += b.scan.restarts;
  a.scan.took += b.scan.took;
  if (!b.scan.complete) a.scan.complete = false, a.scan.stopped_by = b.scan.stopped_by;
  a.measured += b.measured;
  a.folded_patterns += b.folded_patterns, a.other_keys += b.other_keys;
  if (a.biggest_guarantee != b.biggest_guarantee) a.biggest_guarantee += " " + b.biggest_guarantee;
  if (a.source != b.source) a.source += ", " + b.source;
  std::move(b.faults.begin(), b.faults.end(), std::back_inserter(a.faults));
  for (auto& note : b.notes)
    if (std::find(a.notes.begin(), a.notes.end(), note) == a.notes.end()) a.notes.push_back(std::move(note));
  a.debris = joined(std::move(a.debris), std::move(b.debris));
  a.stranded = joined(std::move(a.stranded), std::move(b.stranded));
  const auto shown = std::max(a.biggest.size(), b.biggest.size());
  std::move(b.biggest.begin(), b.biggest.end(), std::back_inserter(a.biggest));
  std::stable_sort(a.biggest.begin(), a.biggest.end(),
                   [](const auto& x, const auto& y) { return x.bytes > y.bytes; });
  a.biggest.resize(std::min(shown, a.biggest.size()));
  a.patterns = merge_groups(std::move(a.patterns), std::move(b.patterns));
  for (const auto& line : b.reconciliation) {
    const auto same = std::find_if(a.reconciliation.begin(), a.reconciliation.end(),
                                   [&](const auto& mine) { return mine.name == line.name; });
    if (same == a.reconciliation.end())
      a.reconciliation.push_back(line);
    else
      same->bytes += line.bytes;
  }
  add_up(a);
  return a;
}

}  // namespace headroom::survey
