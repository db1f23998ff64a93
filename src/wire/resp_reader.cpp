#include "wire/resp_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace headroom::wire {
namespace {

tl::unexpected<Error> not_redis(std::string_view why) {
  return fail({fmt::format("the server's answer is not the Redis protocol: {}", why), "",
               "check host and port; a proxy or another service may be listening there"});
}

tl::unexpected<Error> too_much(std::string what) {
  return fail({fmt::format("the server's answer is larger than headroom accepts: {}", what), "",
               "if this is a healthy server, report the command that was running"});
}

constexpr auto value_beginnings = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("$=!:+-_#,(*%~>|.")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool begins_a_value(char type) { return value_beginnings[static_cast<unsigned char>(type)]; }

/// A whole number and nothing else. Redis itself sends no '+', the specification allows it.
bool read_integer(std::string_view text, std::int64_t& value) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return false;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

bool is_big_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Result<RespReader::Taken> RespReader::take(std::string_view bytes) {
  rest_ = bytes;
  while (!rest_.empty()) {
    const auto done = in_chunks_ ? take_chunk() : step();
    if (!done) return fail(done.error());
    if (*done == Step::starved) break;
    if (*done == Step::whole) return Taken{bytes.size() - rest_.size(), true};
  }
  return Taken{bytes.size() - rest_.size(), false};
}

Result<RespReader::Step> RespReader::step() {
  const char type = rest_[0];
  if (!begins_a_value(type)) return recognise_stranger();
  std::string_view line;
  const auto line_bytes = find_line(line);
  if (!line_bytes) return fail(line_bytes.error());
  if (*line_bytes == 0) return Step::starved;
  if (type == '$' || type == '=' || type == '!') return take_text(type, line, *line_bytes);
  if (auto done = advance(*line_bytes); !done) return fail(done.error());
  if (type == '*' || type == '%' || type == '~' || type == '>' || type == '|') return open(type, line);
  if (type == '.') return close_open_ended(line);
  return take_line(type, line);
}

Result<std::size_t> RespReader::find_line(std::string_view& line) const {
  // Most lines are a few digits: a loop over them beats the call of memchr.
  constexpr std::size_t short_line = 24;
  std::size_t at = 1;
  while (at < rest_.size() && at < short_line && rest_[at] != '\n') ++at;
  if (at < rest_.size() && rest_[at] != '\n') {
    const void* found = std::memchr(
        rest_.data() + at, '\n', std::min(rest_.size(), limits_.line + 1) - std::min(at, limits_.line + 1));
    at = found == nullptr ? rest_.size()
                          : static_cast<std::size_t>(static_cast<const char*>(found) - rest_.data());
  }
  if (at > limits_.line) return too_much(fmt::format("a line of more than {} bytes", limits_.line));
  if (at >= rest_.size()) return std::size_t{0};
  if (rest_[at - 1] != '\r') return not_redis("a line does not end with CR LF");
  line = rest_.substr(1, at - 2);
  return at + 1;
}

Result<bool> RespReader::advance(std::size_t bytes) {
  bytes_ += bytes;
  rest_.remove_prefix(bytes);
  if (bytes_ > limits_.bytes) return too_much(fmt::format("more than {} bytes", limits_.bytes));
  return true;
}

Result<bool> RespReader::count_elements(std::uint64_t more) {
  // Compared this way round because `more` is the server's word and may be near 2^64.
  if (more > limits_.elements - elements_)
    return too_much(fmt::format("more than {} elements", limits_.elements));
  elements_ += more;
  return true;
}

Result<bool> RespReader::value_begins() {
  if (frames_.empty() || !frames_.back().open_ended) return true;
  return count_elements(1);
}

Result<RespReader::Step> RespReader::take_text(char type, std::string_view line, std::size_t line_bytes) {
  if (type == '$' && line == "-1") {
    if (auto done = advance(line_bytes); !done) return fail(done.error());
    return take_line('_', {});
  }
  if (type == '$' && line == "?") {
    if (auto done = advance(line_bytes); !done) return fail(done.error());
    chunks_.clear();
    in_chunks_ = true;
    return Step::taken;
  }
  std::int64_t length = 0;
  if (!read_integer(line, length) || length < 0) return not_redis("a text has no length");
  const auto size = static_cast<std::uint64_t>(length);
  if (size > limits_.bytes - std::min(limits_.bytes, bytes_ + line_bytes + 2)) {
    return too_much(fmt::format("more than {} bytes", limits_.bytes));
  }
  if (rest_.size() < line_bytes + size + 2) return Step::starved;
  const auto text = rest_.substr(line_bytes, size);
  if (rest_.substr(line_bytes + size, 2) != "\r\n") return not_redis("a text is longer than it says");
  if (auto done = advance(line_bytes + size + 2); !done) return fail(done.error());
  return emit_text(type, text);
}

Result<RespReader::Step> RespReader::emit_text(char type, std::string_view bytes) {
  if (auto counted = value_begins(); !counted) return fail(counted.error());
  if (type == '=') {
    if (bytes.size() < 4 || bytes[3] != ':') return not_redis("a verbatim text names no format");
    bytes.remove_prefix(4);
  }
  if (muted_ == 0) type == '!' ? events_.error(bytes) : events_.text(bytes);
  return value_ended();
}

Result<RespReader::Step> RespReader::take_chunk() {
  if (rest_[0] != ';') return not_redis("a streamed text is broken off");
  std::string_view line;
  const auto line_bytes = find_line(line);
  if (!line_bytes) return fail(line_bytes.error());
  if (*line_bytes == 0) return Step::starved;
  std::int64_t length = 0;
  if (!read_integer(line, length) || length < 0) return not_redis("a piece of a streamed text has no length");
  const auto size = static_cast<std::uint64_t>(length);
  if (size == 0) {
    if (auto done = advance(*line_bytes); !done) return fail(done.error());
    in_chunks_ = false;
    return emit_text('$', chunks_);
  }
  if (size > limits_.bytes - std::min(limits_.bytes, bytes_ + *line_bytes + 2)) {
    return too_much(fmt::format("more than {} bytes", limits_.bytes));
  }
  if (rest_.size() < *line_bytes + size + 2) return Step::starved;
  if (rest_.substr(*line_bytes + size, 2) != "\r\n")
    return not_redis("a piece of a streamed text is longer than it says");
  chunks_.append(rest_.substr(*line_bytes, size));
  if (auto done = advance(*line_bytes + size + 2); !done) return fail(done.error());
  return Step::taken;
}

Result<RespReader::Step> RespReader::take_line(char type, std::string_view line) {
  if (auto counted = value_begins(); !counted) return fail(counted.error());
  switch (type) {
    case '+':
      if (muted_ == 0) events_.status(line);
      return value_ended();
    case '-':
      if (muted_ == 0) events_.error(line);
      return value_ended();
    case '_':
      if (!line.empty()) return not_redis("a null holds something");
      if (muted_ == 0) events_.nil();
      return value_ended();
    case '#':
      if (line != "t" && line != "f") return not_redis("a boolean is neither true nor false");
      if (muted_ == 0) events_.integer(line == "t" ? 1 : 0);
      return value_ended();
    default:
      return take_number(type, line);
  }
}

Result<RespReader::Step> RespReader::take_number(char type, std::string_view line) {
  if (type == ',') return emit_real(line);
  if (type == '(') {
    if (!is_big_number(line)) return not_redis("a big number is not a number");
    if (muted_ == 0) events_.text(line);
    return value_ended();
  }
  std::int64_t value = 0;
  if (!read_integer(line, value)) return not_redis("an integer is not a number of 64 bits");
  if (muted_ == 0) events_.integer(value);
  return value_ended();
}

Result<RespReader::Step> RespReader::emit_real(std::string_view line) {
  if (line.starts_with('+')) line.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (line.empty() || error != std::errc{} || end != line.data() + line.size()) {
    return not_redis("a decimal number is not a number");
  }
  if (muted_ == 0) events_.real(value);
  return value_ended();
}

Result<RespReader::Step> RespReader::open(char type, std::string_view line) {
  if (type == '*' && line == "-1") return take_line('_', {});
  const Role role = type == '>' ? Role::push : type == '|' ? Role::attribute : Role::value;
  if (role == Role::push && !frames_.empty()) return not_redis("a push stands inside a reply");
  const bool open_ended = role == Role::value && line == "?";
  std::int64_t declared = 0;
  if (!open_ended && (!read_integer(line, declared) || declared < 0))
    return not_redis("an array has no length");
  const bool pairs = type == '%' || type == '|';
  const auto count =
      static_cast<std::uint64_t>(declared) * (pairs ? 2U : 1U);  // below 2^64: declared is below 2^63
  if (auto counted = role == Role::attribute ? Result<bool>(true) : value_begins(); !counted)
    return fail(counted.error());
  if (auto counted = count_elements(count); !counted) return fail(counted.error());
  if (frames_.size() >= limits_.depth)
    return too_much(fmt::format("arrays nested more than {} deep", limits_.depth));
  if (role != Role::value) ++muted_;
  if (muted_ == 0) events_.array_begins();
  frames_.push_back({count, open_ended, role});
  if (open_ended || count > 0) return Step::taken;
  return frame_ended();
}

Result<RespReader::Step> RespReader::close_open_ended(std::string_view line) {
  if (!line.empty() || frames_.empty() || !frames_.back().open_ended)
    return not_redis("an end without a beginning");
  return frame_ended();
}

RespReader::Step RespReader::frame_ended() {
  const Role role = frames_.back().role;
  frames_.pop_back();
  if (role == Role::value) {
    if (muted_ == 0) events_.array_ends();
    return value_ended();
  }
  --muted_;
  if (frames_.empty() && role == Role::push) start_over();
  return Step::taken;
}

RespReader::Step RespReader::value_ended() {
  if (frames_.empty()) {
    start_over();
    return Step::whole;
  }
  Frame& parent = frames_.back();
  if (parent.open_ended || --parent.left > 0) return Step::taken;
  return frame_ended();
}

void RespReader::start_over() {
  elements_ = 0;
  bytes_ = 0;
}

Result<RespReader::Step> RespReader::recognise_stranger() const {
  constexpr std::string_view web = "HTTP/";
  if (frames_.empty()) {
    if (rest_.substr(0, web.size()) == web) return not_redis("this is a web server, not Redis");
    if (web.starts_with(rest_)) return Step::starved;
    // A TLS alert record: type 21, version 3.x.
    if (rest_ == "\x15") return Step::starved;
    if (rest_.starts_with("\x15\x03")) {
      return fail({"the server speaks TLS on this port and we do not", "",
                   "add --tls, or use rediss:// instead of redis://"});
    }
  }
  return not_redis(
      fmt::format("a reply cannot begin with the byte 0x{:02x}", static_cast<unsigned char>(rest_[0])));
}

}  // namespace headroom::wire
