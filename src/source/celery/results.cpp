#include "source/celery/results.h"

#include "source/pipelined.h"

namespace headroom::source::celery {
namespace {

using wire::Reply;

Result<std::vector<ReadResult>> without_ttl(wire::Link& link, std::span<const std::string> names) {
  std::vector<ReadResult> found;
  Pipelined questions(link);
  for (const auto& name : names)
    questions.ask({"PTTL", name}, [&found, &name](const Reply& reply) {
      if (reply.kind == Reply::Kind::integer && reply.integer == -1) found.emplace_back().key = name;
    });
  if (const auto done = questions.read(); !done) return fail(done.error());
  return found;
}

Result<std::vector<ReadResult>> named(std::span<const std::string> names) {
  std::vector<ReadResult> all(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) all[i].key = names[i];
  return all;
}

Result<bool> measure(wire::Link& link, std::vector<ReadResult>& results) {
  Pipelined questions(link);
  for (auto& result : results) {
    questions.ask({"OBJECT", "IDLETIME", result.key},
                  [&result](const Reply& reply) { result.idle = idle_in(reply); });
    questions.ask({"MEMORY", "USAGE", result.key}, [&result](const Reply& reply) {
      result.bytes = {count_in(reply)};
      result.too_large = result.bytes.count > largest_value;
    });
  }
  return questions.read();
}

constexpr std::size_t short_length = 16'384;
constexpr std::string_view short_last = "16383";
constexpr std::uint64_t measured_first = 1'000;

/// MGET tells strings from others by itself, so only those are asked whose value is not read.
template <class Unread>
Result<bool> keep_strings(wire::Link& link, std::vector<ReadResult>& results, Unread unread) {
  Pipelined questions(link);
  for (auto& result : results)
    if (unread(result))
      questions.ask({"TYPE", result.key}, [&result](const Reply& reply) {
        if (reply.text != "string") result.key = {};
      });
  const auto done = questions.read();
  std::erase_if(results, [](const ReadResult& result) { return result.key.empty(); });
  return done;
}

/// One MGET. What has become of another type meanwhile, or is gone, loses its name.
Result<bool> read_values(wire::Link& link, std::span<ReadResult> results) {
  std::vector<std::string_view> words{"MGET"};
  for (const auto& result : results)
    if (!result.too_large) words.push_back(result.key);
  if (words.size() == 1) return true;
  Pipelined questions(link);
  questions.ask(words, [&](const Reply& reply) {
    std::size_t next = 0;
    for (auto& result : results) {
      if (result.too_large) continue;
      const bool there = next < reply.items.size() && reply.items[next].kind == Reply::Kind::text;
      if (there)
        result.value = reply.items[next].text;
      else
        result.key = {};
      ++next;
    }
  });
  return questions.read();
}

}  // namespace

Result<std::vector<ReadResult>> read_results(wire::Link& link, std::span<const std::string> names,
                                             bool with_value) {
  constexpr std::uint64_t bytes_at_a_time = 1U << 20U;
  auto results = without_ttl(link, names);
  if (!results || results->empty()) return results;
  if (const auto done = measure(link, *results); !done) return fail(done.error());
  const auto typed =
      keep_strings(link, *results, [&](const ReadResult& result) { return !with_value || result.too_large; });
  if (!typed) return fail(typed.error());
  if (!with_value) return results;
  for (std::size_t begin = 0, end = 0; begin < results->size(); begin = end) {
    std::uint64_t bytes = 0;
    while (end < results->size() && (end == begin || bytes + (*results)[end].bytes.count <= bytes_at_a_time))
      bytes += (*results)[end++].bytes.count;
    if (const auto done = read_values(link, std::span(*results).subspan(begin, end - begin)); !done)
      return fail(done.error());
  }
  std::erase_if(*results, [](const ReadResult& result) { return result.key.empty(); });
  return results;
}

Result<std::vector<ReadResult>> ResultReader::read(wire::Link& link, std::span<const std::string> names) {
  constexpr std::uint64_t short_mean = 2'048;
  const bool known = measured_ >= measured_first && !idle_wanted_ && mean_ <= short_mean;
  auto results = known ? read_short(link, names) : read_results(link, names);
  if (results && !known) learn(*results);
  return results;
}

void ResultReader::learn(std::span<const ReadResult> results) {
  std::uint64_t lengths = 0;
  for (const auto& result : results) {
    const auto known = result.key.size() + result.value.size();
    lengths += result.too_large ? largest_value : result.value.size();
    // What the allocator rounds up is another thing for long values, which are measured each.
    if (result.value.size() >= short_length || result.too_large || result.bytes.count < known) continue;
    ++measured_, besides_ += result.bytes.count - known;
  }
  if (!results.empty()) mean_ = lengths / results.size();
}

Result<std::vector<ReadResult>> ResultReader::read_short(wire::Link& link,
                                                         std::span<const std::string> names) {
  auto results = none_expires_ ? named(names) : without_ttl(link, names);
  if (!results) return results;
  Pipelined questions(link);
  for (auto& result : *results) {
    if (none_expires_)
      questions.ask({"PTTL", result.key}, [&](const Reply& reply) {
        if (reply.kind != Reply::Kind::integer || reply.integer != -1) result.key = {};
      });
    questions.ask({"GETRANGE", result.key, "0", short_last}, [&](const Reply& reply) {
      result.value = reply.text;
      result.bytes = {result.key.size() + result.value.size() + besides_ / measured_};
    });
  }
  if (const auto done = questions.read(); !done) return fail(done.error());
  std::erase_if(*results, [](const ReadResult& result) { return result.key.empty(); });
  none_expires_ = results->size() == names.size();
  std::uint64_t lengths = 0;
  std::vector<std::string> others;
  std::vector<std::string_view> views;  // of `names`
  std::erase_if(*results, [&](const ReadResult& result) {
    lengths += result.value.size();
    // Longer ones, and those that are empty, gone or of another type: they read alike.
    if (!result.value.empty() && result.value.size() < short_length) return false;
    others.emplace_back(result.key), views.push_back(result.key);
    return true;
  });
  if (!names.empty()) mean_ = lengths / names.size();
  if (others.empty()) return results;
  auto rest = read_results(link, others);
  if (!rest) return rest;
  for (std::size_t i = 0; auto& result : *rest) {
    while (others[i] != result.key) ++i;
    result.key = views[i];
    results->push_back(std::move(result));
  }
  return results;
}

Result<std::vector<bool>> awaited(wire::Link& link, std::span<const std::string_view> names) {
  std::vector<bool> waiting(names.size(), true);
  if (names.empty()) return waiting;
  std::vector<std::string_view> words{"PUBSUB", "NUMSUB"};
  words.insert(words.end(), names.begin(), names.end());
  Pipelined questions(link);
  questions.ask(words, [&](const Reply& reply) {
    if (reply.items.size() != 2 * names.size()) return;
    for (std::size_t i = 0; i < names.size(); ++i) waiting[i] = count_in(reply.items[2 * i + 1]) > 0;
  });
  if (const auto done = questions.read(); !done) return fail(done.error());
  return waiting;
}

Result<std::vector<bool>> in_chord(wire::Link& link, std::span<const std::string_view> groups) {
  std::vector<bool> found(groups.size(), true);
  Pipelined questions(link);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto parts = std::string(groups[i]) + ".j", size = std::string(groups[i]) + ".s";
    questions.ask({"EXISTS", parts, size},
                  [&found, i](const Reply& reply) { found[i] = count_in(reply) > 0; });
  }
  if (const auto done = questions.read(); !done) return fail(done.error());
  return found;
}

}  // namespace headroom::source::celery
