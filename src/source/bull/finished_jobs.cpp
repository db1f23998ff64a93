#include "source/bull/finished_jobs.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "source/bull/reads.h"

namespace headroom::source::bull {
namespace {

using wire::Reply;

/// The place of a member in a zset: by score, then by bytes.
using Place = std::pair<double, std::string>;

/// The jobs of one page, and all that is asked about them.
class Page {
 public:
  Page(wire::Link& link, const BullQueue& queue, const FinishedReading& reading)
      : link_(link), queue_(queue), reading_(reading) {}

  Result<std::span<const BullFinishedJob>> look_at(std::vector<std::pair<std::string, double>> members) {
    jobs_.assign(members.size(), {});
    keys_.clear();
    for (std::size_t i = 0; i < members.size(); ++i) {
      jobs_[i].id = std::move(members[i].first), jobs_[i].score = members[i].second;
      keys_.push_back(queue_.key(jobs_[i].id));
    }
    deduplication_.assign(jobs_.size(), {});
    for (const auto step : {&Page::ask_hashes, &Page::ask_parts, &Page::ask_parents, &Page::ask_deduplication,
                            &Page::ask_sizes})
      if (const auto done = (this->*step)(); !done) return fail(done.error());
    return std::span<const BullFinishedJob>(jobs_);
  }

 private:
  void queue(Words words) { link_.queue({words.begin(), words.size()}); }

  Result<bool> ask_hashes() {
    return ask_each(
        link_, jobs_.size(), 1,
        [&](std::size_t i) {
          queue({"HMGET", keys_[i], "timestamp", "parentKey", "deid"});
        },
        [&](std::size_t i, const Reply& reply) {
          if (reply.items.size() != 3) return;
          auto& job = jobs_[i];
          if (reply.items[0].kind == Reply::Kind::text) job.timestamp = reply.items[0].text;
          job.there = job.timestamp.has_value();
          job.parent = reply.items[1].text;
          if (!reply.items[2].text.empty()) deduplication_[i] = queue_.key("de:" + reply.items[2].text);
        });
  }

  /// Which parts exist: one command for a job without any, as nearly all are. Of a hash without a timestamp
  /// it is not known yet whether it exists.
  Result<bool> ask_parts() {
    std::vector<std::size_t> asked_about, with_parts;
    for (std::size_t i = 0; i < jobs_.size(); ++i)
      if (!jobs_[i].there || reading_.parts != 0) asked_about.push_back(i);
    std::vector<std::string> names;
    std::vector<std::string_view> command;
    const auto asked = ask_each(
        link_, asked_about.size(), 1,
        [&](std::size_t n) {
          const auto i = asked_about[n];
          names.clear();
          if (!jobs_[i].there) names.push_back(keys_[i]);
          for (std::size_t part = 0; part < bull_job_parts.size(); ++part)
            if ((reading_.parts >> part & 1U) != 0)
              names.push_back(keys_[i] + ":" + std::string(bull_job_parts[part].suffix));
          command.assign({"EXISTS"});
          command.insert(command.end(), names.begin(), names.end());
          link_.queue(command);
        },
        [&](std::size_t n, const Reply& reply) {
          if (number_in(reply) != 0) with_parts.push_back(asked_about[n]);
        });
    if (!asked) return asked;
    return ask_each_part(with_parts);
  }

  /// Of what type each is: the hash "user:42:logs" is not the log of the job "user:42" but the job of that id
  /// (Bull and bullmq up to 4 allow any), and so is "a:failed" with a timestamp.
  Result<bool> ask_each_part(const std::vector<std::size_t>& which) {
    constexpr std::size_t asked = bull_job_parts.size() * 2 + 1;
    return ask_each(
        link_, which.size(), asked,
        [&](std::size_t i) {
          queue({"EXISTS", keys_[which[i]]});
          for (const auto& part : bull_job_parts)
            queue({"TYPE", keys_[which[i]] + ":" + std::string(part.suffix)});
          for (const auto& part : bull_job_parts)
            queue({"HEXISTS", keys_[which[i]] + ":" + std::string(part.suffix), "timestamp"});
        },
        [&](std::size_t n, const Reply& reply) {
          auto& job = jobs_[which[n / asked]];
          const auto question = n % asked;
          if (question == 0) {
            if (number_in(reply) != 0) job.there = true;
          } else if (question <= bull_job_parts.size()) {
            const auto part = question - 1;
            if (reply.text == bull_job_parts[part].type && (reading_.parts >> part & 1U) != 0)
              job.parts = static_cast<BullJobParts>(job.parts | 1U << part);
          } else if (number_in(reply) == 1) {
            job.parts =
                static_cast<BullJobParts>(job.parts & ~(1U << (question - bull_job_parts.size() - 1)));
          }
        });
  }

  Result<bool> ask_parents() {
    std::vector<std::size_t> children;
    for (std::size_t i = 0; i < jobs_.size(); ++i)
      if (!jobs_[i].parent.empty()) children.push_back(i);
    std::vector<bool> parent_there(children.size());
    auto asked = ask_each(
        link_, children.size(), 3,
        [&](std::size_t i) {
          const auto& parent = jobs_[children[i]].parent;
          queue({"EXISTS", parent});
          queue({"SISMEMBER", parent + ":dependencies", keys_[children[i]]});
          queue({"SRANDMEMBER", parent + ":dependencies", "2"});
        },
        [&](std::size_t n, const Reply& reply) {
          auto& job = jobs_[children[n / 3]];
          if (n % 3 == 0) parent_there[n / 3] = number_in(reply) != 0;
          if (n % 3 == 1) job.awaited = parent_there[n / 3] && number_in(reply) != 0;
          if (n % 3 == 2 && job.awaited)
            for (const auto& other : reply.items)
              if (other.text != keys_[children[n / 3]]) job.sibling = other.text;
        });
    return asked;
  }

  Result<bool> ask_deduplication() {
    std::vector<std::size_t> with;
    for (std::size_t i = 0; i < jobs_.size(); ++i)
      if (!deduplication_[i].empty()) with.push_back(i);
    std::vector<bool> names_it(with.size());
    return ask_each(
        link_, with.size(), 2,
        [&](std::size_t i) {
          queue({"GET", deduplication_[with[i]]});
          queue({"PTTL", deduplication_[with[i]]});
        },
        [&](std::size_t n, const Reply& reply) {
          const auto i = with[n / 2];
          if (n % 2 == 0) names_it[n / 2] = reply.kind == Reply::Kind::text && reply.text == jobs_[i].id;
          if (n % 2 == 1 && names_it[n / 2] && number_in(reply) == -1)
            jobs_[i].deduplication = deduplication_[i];
        });
  }

  Result<bool> ask_sizes() {
    std::vector<std::pair<std::size_t, std::string>> measured;
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (!jobs_[i].there || seen_++ % std::max<std::uint64_t>(1, reading_.measure_one_in) != 0) continue;
      measured.emplace_back(i, keys_[i]);
      ++measured_;
      for (std::size_t part = 0; part < bull_job_parts.size(); ++part)
        if ((jobs_[i].parts >> part & 1U) != 0)
          measured.emplace_back(i, keys_[i] + ":" + std::string(bull_job_parts[part].suffix));
    }
    std::vector<bool> known(jobs_.size());
    auto asked = ask_each(
        link_, measured.size(), 1,
        [&](std::size_t i) {
          queue({"MEMORY", "USAGE", measured[i].second, "SAMPLES", "1000"});
        },
        [&](std::size_t i, const Reply& reply) {
          const Bytes bytes{static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_in(reply)))};
          jobs_[measured[i].first].bytes += bytes, sum_ += bytes;
          known[measured[i].first] = true;
        });
    for (std::size_t i = 0; i < jobs_.size(); ++i)
      if (jobs_[i].there && !known[i] && measured_ > 0) jobs_[i].bytes = Bytes{sum_.count / measured_};
    return asked;
  }

  wire::Link& link_;
  const BullQueue& queue_;
  const FinishedReading& reading_;
  std::vector<BullFinishedJob> jobs_{};
  std::vector<std::string> keys_{}, deduplication_{};
  Bytes sum_{};
  std::uint64_t seen_ = 0, measured_ = 0;
};

Result<std::vector<std::pair<std::string, double>>> ranks(wire::Link& link, std::string_view key,
                                                          std::uint64_t first, std::uint64_t last) {
  const auto from = std::to_string(first), to = std::to_string(last);
  const auto reply = ask(link, {"ZRANGE", key, from, to, "WITHSCORES"});
  if (!reply) return fail(reply.error());
  return scored_members(*reply);
}

}  // namespace

Result<FinishedSet> finished_set(wire::Link& link, const BullQueue& queue, std::string_view state,
                                 std::optional<std::chrono::milliseconds> before) {
  const auto key = queue.key(state);
  const auto type = ask(link, {"TYPE", key});
  if (!type) return fail(type.error());
  FinishedSet set;
  if (type->text != "zset") return set;
  const auto size = ask(link, {"ZCARD", key});
  if (!size) return fail(size.error());
  set.size = static_cast<std::uint64_t>(number_in(*size));
  if (!before) return set;
  const auto limit = "(" + std::to_string(before->count());
  const auto older = ask(link, {"ZCOUNT", key, "-inf", limit});
  if (!older) return fail(older.error());
  set.older = static_cast<std::uint64_t>(number_in(*older));
  return set;
}

Result<std::uint64_t> newest_that_fit(wire::Link& link, const BullQueue& queue, std::string_view state,
                                      Bytes budget) {
  constexpr std::size_t page = 250, per_job = 3;
  const auto key = queue.key(state);
  std::uint64_t fit = 0;
  Bytes sum{};
  for (;;) {
    const auto from = std::to_string(fit), to = std::to_string(fit + page - 1);
    const auto reply = ask(link, {"ZREVRANGE", key, from, to});
    if (!reply) return fail(reply.error());
    if (reply->items.empty()) return fit;
    std::vector<Bytes> sizes(reply->items.size());
    const auto asked = ask_each(
        link, sizes.size(), per_job,
        [&](std::size_t i) {
          const auto job = queue.key(reply->items[i].text);
          for (const std::string& name : {job, job + ":logs", job + ":processed"})
            link.queue(std::initializer_list<std::string_view>{"MEMORY", "USAGE", name, "SAMPLES", "1000"});
        },
        [&](std::size_t n, const Reply& one) {
          sizes[n / per_job] += Bytes{static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_in(one)))};
        });
    if (!asked) return fail(asked.error());
    for (const Bytes size : sizes) {
      sum += size;
      if (sum > budget) return fit;
      ++fit;
    }
  }
}

Result<bool> read_finished(wire::Link& link, const BullQueue& queue, std::string_view state,
                           const FinishedReading& reading,
                           const std::function<Result<bool>(std::span<const BullFinishedJob>)>& take) {
  if (reading.oldest == 0) return true;
  const auto key = queue.key(state);
  const auto end = ranks(link, key, reading.oldest - 1, reading.oldest - 1);
  if (!end) return fail(end.error());
  if (end->empty()) return true;
  const Place last{end->front().second, end->front().first};
  Page page(link, queue, reading);
  for (std::uint64_t first = 0; first < reading.oldest; first += members_per_page) {
    auto members = ranks(link, key, first, std::min(reading.oldest, first + members_per_page) - 1);
    if (!members) return fail(members.error());
    std::erase_if(*members, [&](const auto& one) { return last < Place{one.second, one.first}; });
    if (members->empty()) return true;
    const auto jobs = page.look_at(std::move(*members));
    if (!jobs) return fail(jobs.error());
    if (const auto taken = take(*jobs); !taken) return taken;
  }
  return true;
}

}  // namespace headroom::source::bull
