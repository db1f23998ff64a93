#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "source/live/details.h"
#include "source/live/halt.h"
#include "source/live/meter.h"
#include "source/live/pacer.h"

namespace headroom::source {

/// Pages a database may take before something is wrong: 16 times what its keys explain, and 100 000 for the
/// empty buckets that a mass delete leaves (a page looks at ten times COUNT of them).
std::uint64_t page_limit(std::uint64_t keys, std::uint32_t names_per_page);

/// Reads one database through one connection at a time: keeps a small number of writes in flight, a page of
/// names always among them, the look-ups of earlier names behind it. Survives the loss of the connection:
/// what was not answered is asked again by the next run(). Replies come in the order of the questions, so
/// records reach the sink in the order of look().
class Pump {
 public:
  Pump(std::uint32_t db, std::uint64_t page_limit, const Pace& pace, RecordSink& sink, Details& details,
       Pacer& pacer, Meter& meter);

  /// Goes on from where it stands. Needs: `db` selected, nothing pending on the link. Ends with nothing
  /// pending, except after `lost` and `failed`, when the link is of no more use.
  Halt run(wire::Link& link);

 private:
  struct Job {  ///< a key that the sink asked about
    std::string key{};
    Interest interest{};
    DetailSet asked{};
  };
  struct Write {  ///< sent together
    bool page = false;
    std::size_t jobs = 0;
  };

  void forget_flight();
  bool may_send(Meter::Time now) const;
  bool finished() const;
  Result<bool> fill(wire::Link& link, Meter::Time now);
  void review_limits(Meter::Time now);
  bool wants_page() const;
  void ask_page(wire::Link& link);
  void ask_details(wire::Link& link);

  std::optional<Halt> settle(wire::Link& link, Meter::Time now);
  std::optional<Halt> settle_page(wire::Link& link, Meter::Time now);
  std::optional<Halt> settle_job(wire::Link& link);
  void turn_page(const std::string& cursor);
  void name_all(const wire::Reply& names);
  void deliver(const Job& job, Found& found);
  std::optional<Halt> at_rest(Meter::Time now);

  Error refusal(const wire::Reply& reply) const;

  const std::uint32_t db_;
  const std::uint64_t page_limit_;
  const Pace pace_;
  RecordSink& sink_;
  Details& details_;
  Pacer& pacer_;
  Meter& meter_;

  std::string cursor_ = "0";
  std::string milestone_ =
      "0";  ///< an earlier cursor; meeting it again means going in circles (Brent's method)
  std::uint64_t pages_ = 0;
  std::uint64_t pages_since_milestone_ = 0;
  std::uint64_t pages_to_next_milestone_ = 1;
  bool scanned_ = false;  ///< the cursor came back to 0
  std::string_view stopped_by_{};

  std::deque<Job> jobs_{};      ///< oldest first; the first `asked_` are in flight
  std::deque<Write> flight_{};  ///< oldest first
  std::size_t asked_ = 0;
  bool page_in_flight_ = false;
  std::optional<Error>
      blocked_{};  ///< a reply said LOADING or the like; what is in flight is read and thrown away
  std::size_t thrown_away_ = 0;  ///< jobs of `asked_` whose replies were, to be asked again
};

}  // namespace headroom::source
