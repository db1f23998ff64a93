#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "act/journal.h"
#include "wire/link.h"

/// The Lua script that puts one step back: first everything is looked at, then everything is done; what a
/// refused command leaves half done is taken back. No shebang, no loop over the size of data.
namespace headroom::act {

std::string_view undo_script();

/// One call of it: the step as keys and arguments. Changes that a script cannot take back are left out:
/// stream_trim, list_push.
class UndoCall {
 public:
  explicit UndoCall(const JournalStep& step);
  /// Nothing to be done by a script.
  bool empty() const { return operations_ == 0; }
  std::uint64_t keys() const { return keys_came_; }  ///< that come back, get back a deadline or lose one
  std::uint64_t units() const { return operations_; }
  std::size_t bytes() const { return bytes_; }  ///< of the payloads
  /// EVALSHA, or EVAL with the text when `sha` is empty.
  void queue(wire::Link& link, std::string_view sha) const;

 private:
  void add(const JournalStep& step, const Before& before);
  void op(std::string word, std::string_view key, std::vector<std::string> more);
  std::string place_of(std::string_view key);

  std::vector<std::string> names_{}, arguments_{};
  std::uint64_t operations_ = 0, keys_came_ = 0;
  std::size_t bytes_ = 0;
};

struct UndoAnswer {
  enum class Kind : std::uint8_t {
    done,
    there,    ///< everything is there already
    taken,    ///< a key is there again, or a member with another value; `text` says which key
    expired,  ///< its TTL has ended, or what had the deadline is gone
    swept,    ///< it is no longer in quarantine
    refused,  ///< `text` is the error of the server; nothing was done
  } kind = Kind::refused;
  std::string text{};
};
UndoAnswer undo_answer(const wire::Reply& reply);

}  // namespace headroom::act
