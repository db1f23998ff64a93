#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headroom {

/// What may be done to a key, judged by what it is for.
enum class Care : std::uint8_t {
  hands_off,         ///< live work or infrastructure: never touched
  finished,          ///< the work is done; retention decides
  debris_if_proved,  ///< rubbish once its proof holds (docs of the family say which)
  expirable,         ///< the application can make it again: a TTL is always right
};

/// How sure we are that something is debris.
enum class Certainty : std::uint8_t { suspected, proved };

/// Whose a group of keys is and what it is for. Texts point into the family tables, which live as long as the
/// program, except `owner`.
struct Attribution {
  std::string_view family{};  ///< "bullmq", "celery", ...; empty: nobody's we know
  std::string owner{};  ///< the queue root "bull:mail", the broker prefix, ...; empty when the family has one
                        ///< owner per db
  std::string_view
      version{};  ///< of the library, as far as names and types tell: "4 or later"; empty: cannot tell
  std::string_view role{};  ///< "job", "waiting", "completed", "events", "result", "lock", "counter", ...
  Care care = Care::hands_off;
  std::string_view why{};  ///< the reason for `care`, in words for the operator
  bool read_only = false;  ///< the owner holds a container we do not know: report, never change
  std::string_view read_only_why{};
  std::string_view debris{};  ///< kind of debris: "result-without-ttl"; empty: none
  Certainty certainty = Certainty::suspected;
  std::string_view debris_why{};
  bool only_without_ttl = false;  ///< the debris is the part of the group that has no TTL

  friend bool operator==(const Attribution&, const Attribution&) = default;
};

}  // namespace headroom
