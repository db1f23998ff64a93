#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "act/journal.h"
#include "wire/link.h"

/// The Lua script that puts steps back, each as a whole or not at all: first everything of it is looked at,
/// then everything is done; what a refused command leaves half done is taken back. No shebang, no loop over
/// the size of data.
namespace headroom::act {

std::string_view undo_script();

/// A step as the script is told it. Changes that a script cannot take back are left out: stream_trim,
/// list_push.
class UndoPart {
 public:
  explicit UndoPart(const JournalStep& step);
  /// Nothing to be done by a script.
  bool empty() const { return operations_ == 0; }
  std::uint64_t keys() const { return keys_came_; }  ///< that come back, get back a deadline or lose one
  std::uint64_t units() const { return operations_; }
  std::size_t bytes() const { return bytes_; }                      ///< of the payloads
  const std::vector<std::string>& names() const { return names_; }  ///< each once

 private:
  friend class UndoCall;
  struct Word {
    std::string text{};
    std::size_t name = 0;  ///< when there is no text: which of names_
    bool is_name = false;
  };
  void add(const JournalStep& step, const Before& before);
  void op(std::string word, std::string_view key, std::vector<std::string> more);
  Word name(std::string_view key);

  std::vector<std::string> names_{};
  std::vector<Word> words_{};
  std::uint64_t operations_ = 0, keys_came_ = 0;
  std::size_t bytes_ = 0;
};

/// One call of the script, for parts that live as long as it does.
class UndoCall {
 public:
  void add(const UndoPart& part);
  std::size_t names() const { return names_.size(); }
  /// EVALSHA, or EVAL with the text when `sha` is empty.
  void queue(wire::Link& link, std::string_view sha) const;

 private:
  std::vector<std::string_view> names_{};
  std::unordered_map<std::string_view, std::size_t> places_{};
  std::vector<const UndoPart*> parts_{};
};

struct UndoAnswer {
  enum class Kind : std::uint8_t {
    done,     ///< `text` is "near" when an item went into a list that has another length than the run left it
    there,    ///< everything is there already
    taken,    ///< a key is there again, or a member with another value; `text` says which key
    expired,  ///< its TTL has ended, or what had the deadline is gone
    swept,    ///< it is no longer in quarantine
    refused,  ///< `text` is the error of the server; nothing was done
  } kind = Kind::refused;
  std::string text{};
};
/// One answer for each part, in order.
std::vector<UndoAnswer> undo_answers(const wire::Reply& reply, std::size_t parts);

}  // namespace headroom::act
