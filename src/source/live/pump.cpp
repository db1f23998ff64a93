#include "source/live/pump.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "wire/server_error.h"

namespace headroom::source {
namespace {

using wire::Reply;

// One client's turn of the event loop ends with one read of 16 KB (redis networking.c), so more would not fit
// a turn anyway.
constexpr std::size_t bytes_per_write = 16 * 1024;
constexpr std::size_t longest_cursor = 20;  // digits of 2^64

bool is_cursor(const Reply& reply) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return reply.kind == Reply::Kind::text && !reply.text.empty() && reply.text.size() <= longest_cursor &&
         std::all_of(reply.text.begin(), reply.text.end(), digit);
}

bool is_page(const Reply& reply) {
  if (reply.kind != Reply::Kind::array || reply.items.size() != 2 || !is_cursor(reply.items[0])) return false;
  const Reply& names = reply.items[1];
  return names.kind == Reply::Kind::array &&
         std::all_of(names.items.begin(), names.items.end(),
                     [](const Reply& name) { return name.kind == Reply::Kind::text; });
}

}  // namespace

std::uint64_t page_limit(std::uint64_t keys, std::uint32_t names_per_page) {
  constexpr double spare = 100'000;
  constexpr double most = 1e18;
  return static_cast<std::uint64_t>(
      std::min(most, spare + 16.0 * static_cast<double>(keys) / names_per_page));
}

Pump::Pump(std::uint32_t db, std::uint64_t page_limit, const Pace& pace, RecordSink& sink, Details& details,
           Pacer& pacer, Meter& meter)
    : db_(db),
      page_limit_(page_limit),
      pace_(pace),
      sink_(sink),
      details_(details),
      pacer_(pacer),
      meter_(meter) {}

Halt Pump::run(wire::Link& link) {
  forget_flight();
  while (true) {
    const auto now = meter_.tick();
    if (may_send(now))
      if (auto sent = fill(link, now); !sent) return halt(Halt::Kind::lost, sent.error());
    const auto end = flight_.empty() ? at_rest(now) : settle(link, now);
    if (end) return *end;
  }
}

void Pump::forget_flight() {
  flight_.clear();
  asked_ = 0;
  thrown_away_ = 0;
  page_in_flight_ = false;
  blocked_.reset();
}

bool Pump::may_send(Meter::Time now) const {
  return !blocked_ && !pacer_.rest_due(now) && !meter_.check_due(now);
}

bool Pump::finished() const { return (scanned_ || !stopped_by_.empty()) && jobs_.empty(); }

Result<bool> Pump::fill(wire::Link& link, Meter::Time now) {
  review_limits(now);
  while (flight_.size() < pace_.writes_in_flight) {
    if (wants_page())
      ask_page(link);
    else if (asked_ < jobs_.size())
      ask_details(link);
    else
      break;
    pacer_.busy(now);
    if (auto sent = link.flush(); !sent) return sent;
  }
  return true;
}

void Pump::review_limits(Meter::Time now) {
  if (scanned_ || page_in_flight_ || !stopped_by_.empty()) return;
  stopped_by_ = meter_.exhausted(now);
  if (stopped_by_.empty() && pages_ >= page_limit_)
    stopped_by_ = "SCAN took far more pages than the keys explain: they arrive faster than they can be read";
}

bool Pump::wants_page() const {
  return !page_in_flight_ && !scanned_ && stopped_by_.empty() && jobs_.size() - asked_ < pace_.names_per_page;
}

void Pump::ask_page(wire::Link& link) {
  const std::string count = std::to_string(pace_.names_per_page);
  const std::array<std::string_view, 4> scan{"SCAN", cursor_, "COUNT", count};
  link.queue(scan);
  page_in_flight_ = true;
  flight_.push_back({true, 0});
  ++pages_, ++meter_.pages;
}

void Pump::ask_details(wire::Link& link) {
  Write write;
  std::size_t commands = 0, memory = 0, bytes = 0;
  while (asked_ < jobs_.size()) {
    Job& job = jobs_[asked_];
    job.asked = details_.wanted(job.interest.look);
    commands += job.asked.count();
    memory += Details::weighs(job.asked);
    bytes += job.asked.count() * job.key.size();
    const bool full =
        commands > pace_.commands_per_write || memory > pace_.memory_per_write || bytes > bytes_per_write;
    if (full && write.jobs > 0) break;
    Details::ask(link, job.key, job.asked);
    ++write.jobs, ++asked_;
  }
  flight_.push_back(write);
}

std::optional<Halt> Pump::settle(wire::Link& link, Meter::Time now) {
  const Write write = flight_.front();
  flight_.pop_front();
  if (write.page) return settle_page(link, now);
  for (std::size_t i = 0; i < write.jobs; ++i)
    if (auto end = settle_job(link)) return end;
  return std::nullopt;
}

std::optional<Halt> Pump::settle_page(wire::Link& link, Meter::Time now) {
  const auto read = link.read();
  if (!read) return halt(Halt::Kind::lost, read.error());
  const Reply& page = *read;
  page_in_flight_ = false;
  if (wire::passes_by_itself(page)) {
    blocked_ = refusal(page);
    return std::nullopt;
  }
  if (page.is_error() || !is_page(page)) return halt(Halt::Kind::failed, refusal(page));
  turn_page(page.items[0].text);
  // The next page is on its way while the sink looks at this one.
  if (may_send(now))
    if (auto sent = fill(link, now); !sent) return halt(Halt::Kind::lost, sent.error());
  name_all(page.items[1]);
  return std::nullopt;
}

void Pump::turn_page(const std::string& cursor) {
  cursor_ = cursor;
  scanned_ = cursor_ == "0";
  if (scanned_ || !stopped_by_.empty()) return;
  // Redis' cursor only ever moves forward through the hash space, whatever happens to the table.
  if (cursor_ == milestone_) stopped_by_ = "the server's SCAN cursor goes in circles";
  if (++pages_since_milestone_ < pages_to_next_milestone_) return;
  milestone_ = cursor_;
  pages_since_milestone_ = 0;
  pages_to_next_milestone_ *= 2;
}

void Pump::name_all(const Reply& names) {
  meter_.counted.keys += names.items.size();
  for (const Reply& name : names.items) {
    const Interest interest = sink_.look(db_, name.text);
    if (interest.look != Look::name) jobs_.push_back({name.text, interest, {}});
  }
}

std::optional<Halt> Pump::settle_job(wire::Link& link) {
  const Job& job = jobs_[thrown_away_];
  Found found;
  for (const Detail detail : all_details) {
    if (!job.asked.test(static_cast<std::size_t>(detail))) continue;
    const auto reply = link.read();
    if (!reply) return halt(Halt::Kind::lost, reply.error());
    if (!blocked_ && wire::passes_by_itself(*reply)) blocked_ = refusal(*reply);
    if (!blocked_) details_.learn(detail, *reply, found);
  }
  if (blocked_) {
    ++thrown_away_;
    return std::nullopt;
  }
  deliver(job, found);
  jobs_.pop_front();
  --asked_;
  return std::nullopt;
}

void Pump::deliver(const Job& job, Found& found) {
  if (found.gone) return;
  if (found.learned == 0) {
    ++meter_.counted.denied;
    return;
  }
  found.record.key = job.key;
  found.record.db = db_;
  found.record.ticket = job.interest.ticket;
  mark_if_sampled(found.record);
  ++meter_.counted.asked;
  sink_.take(found.record);
}

std::optional<Halt> Pump::at_rest(Meter::Time now) {
  pacer_.idle(now);
  if (blocked_) return halt(Halt::Kind::wait, *blocked_);
  if (finished()) return stopped_by_.empty() ? halt(Halt::Kind::done) : stopped(stopped_by_);
  if (pacer_.rest_due(now)) meter_.sleep(pacer_.take_rest());
  if (meter_.check_due(now)) return halt(Halt::Kind::check);
  return std::nullopt;
}

Error Pump::refusal(const Reply& reply) const {
  const std::string where = fmt::format("reading database {}", db_);
  if (!reply.is_error())
    return {"the server answered SCAN with something that is no page of keys", where,
            "check that the address is a Redis server"};
  const std::string what = "the server refused: " + printable(reply.text);
  if (reply.error_prefix() == "NOPERM")
    return {what, where,
            "let the user look: ACL SETUSER NAME +scan +type +pttl +memory|usage +object|encoding "
            "+object|idletime %R~*"};
  if (wire::command_refused(reply)) return {what, where, "read a snapshot instead: headroom audit FILE.rdb"};
  return {what, where, "try again later, or read a snapshot: headroom audit FILE.rdb"};
}

}  // namespace headroom::source
