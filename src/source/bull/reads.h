#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "wire/link.h"

namespace headroom::source::bull {

/// Commands sent together in turns of the server of about a quarter of a millisecond.
inline constexpr std::size_t commands_per_turn = 256;
/// Members of a list or zset read at once.
inline constexpr std::size_t members_per_page = 1000;

using Words = std::initializer_list<std::string_view>;
using OnReply = std::function<void(std::size_t number, const wire::Reply& reply)>;

/// Sends the commands that `add` queues for each of `count` things, in turns, and gives the replies in order.
/// `per_thing` commands each. Errors: the connection broke, or the server refuses such commands as a whole
/// (NOPERM, unknown command); any other error is a Reply.
Result<bool> ask_each(wire::Link& link, std::size_t count, std::size_t per_thing,
                      const std::function<void(std::size_t thing)>& add, const OnReply& take);

/// One command. Errors: as above, and any error reply.
Result<wire::Reply> ask(wire::Link& link, Words words);

/// The error that says that the server refused: `reply` is an error.
Error refusal(const wire::Reply& reply);

/// An integer, or 0.
std::int64_t number_in(const wire::Reply& reply);
/// A score, as text or as a number.
double score_in(const wire::Reply& reply);

/// Members and scores from the reply to ZRANGE ... WITHSCORES, in both protocols.
std::vector<std::pair<std::string, double>> scored_members(const wire::Reply& reply);

}  // namespace headroom::source::bull
