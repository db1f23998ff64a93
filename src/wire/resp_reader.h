#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace headroom::wire {

/// What a server may make us hold. A hostile or broken one can send anything; beyond these its reply is an
/// Error.
struct RespLimits {
  std::size_t depth = 32;  ///< arrays in arrays; COMMAND DOCS of 7.0, the deepest known reply, has 12
  std::uint64_t elements =
      1U << 20;  ///< values in one reply, nested ones counted; a Reply takes 80 bytes for each
  std::uint64_t bytes = 64ULL << 20;  ///< of one reply on the wire
  std::size_t line = 64 * 1024;       ///< of one line: a status, an error, a number, a length
};

/// Takes the values of replies in the order of the bytes. Texts are views into the reader's input or its
/// scratch space and are gone when the call returns. Between array_begins() and array_ends() come the
/// elements; how many is never told before they are there.
class RespEvents {
 public:
  virtual ~RespEvents() = default;
  virtual void nil() = 0;
  virtual void integer(std::int64_t value) = 0;  ///< also RESP3 booleans, as 0 and 1
  virtual void real(double value) = 0;
  virtual void text(std::string_view bytes) = 0;  ///< also verbatim texts (without "txt:") and big numbers
  virtual void status(std::string_view line) = 0;
  virtual void error(std::string_view message) = 0;
  virtual void array_begins() = 0;  ///< also RESP3 sets, and maps as key, value, key, value
  virtual void array_ends() = 0;
};

/// Reads RESP2 and RESP3 from bytes that arrive in pieces of any size. Pushes and attributes nobody asked for
/// are read and dropped. Allocates nothing by a length the server declares. One reader per connection, as
/// replies follow each other. Source: the RESP3 specification (antirez/RESP3) and src/resp_parser.c,
/// src/networking.c of Redis 7.0.
class RespReader {
 public:
  /// `events` is borrowed and must outlive the reader.
  RespReader(RespEvents& events, const RespLimits& limits) : events_(events), limits_(limits) {}

  struct Taken {
    std::size_t bytes = 0;  ///< from the front: done with, and not to be given again
    bool whole = false;     ///< a reply ended exactly there; bytes behind it belong to the next
  };
  /// Takes values from the front of `bytes` until one reply is whole or more bytes are needed. What was not
  /// taken must stand at the front of the next call. Errors: not RESP, or beyond a limit; the reader is then
  /// of no more use.
  Result<Taken> take(std::string_view bytes);

 private:
  enum class Role : std::uint8_t { value, push, attribute };
  enum class Step : std::uint8_t { taken, whole, starved };
  struct Frame {
    std::uint64_t left;  ///< elements still to come; of no meaning when open-ended
    bool open_ended;     ///< "*?": ends with "."
    Role role;
  };

  Result<Step> step();
  Result<Step> take_chunk();
  Result<Step> take_text(char type, std::string_view line, std::size_t line_bytes);
  Result<Step> take_line(char type, std::string_view line);
  Result<Step> take_number(char type, std::string_view line);
  Result<Step> open(char type, std::string_view line);
  Result<Step> close_open_ended(std::string_view line);
  Result<Step> recognise_stranger() const;
  Result<Step> emit_text(char type, std::string_view bytes);
  Result<Step> emit_real(std::string_view line);

  /// Finds the line at the front: 0 = not whole yet, else its bytes with CR LF; `line` is what stands between
  /// type byte and CR LF.
  Result<std::size_t> find_line(std::string_view& line) const;
  Result<bool> advance(std::size_t bytes);
  Result<bool> count_elements(std::uint64_t more);
  /// Declared elements are counted where they are declared, those of an open-ended array one by one, before
  /// they are told.
  Result<bool> value_begins();
  Step value_ended();
  Step frame_ended();
  void start_over();

  RespEvents& events_;
  RespLimits limits_;
  std::string_view rest_{};      ///< of the bytes given to take()
  std::vector<Frame> frames_{};  ///< never deeper than limits_.depth
  std::size_t muted_ = 0;        ///< open pushes and attributes: their values are not told
  std::uint64_t elements_ = 0;   ///< of this reply so far
  std::uint64_t bytes_ = 0;      ///< of this reply so far
  bool in_chunks_ = false;       ///< inside "$?"
  std::string chunks_{};
};

}  // namespace headroom::wire
