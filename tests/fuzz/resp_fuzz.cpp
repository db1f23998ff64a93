// Any bytes, cut in any way, must read as they do in one piece, and nothing beyond the limits may come out of
// them. Input: four bytes that say how to cut, then what the server sends.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "wire/reply_builder.h"
#include "wire/resp_reader.h"

namespace headroom::wire {
namespace {

// Small, so that inputs of libFuzzer's size reach them.
const RespLimits limits{.depth = 6, .elements = 64, .bytes = 2048, .line = 128};

void require(bool condition) {
  if (!condition) std::abort();
}

/// Writes down all events, and passes them to the builder, whose reply must have as many values as there were
/// events.
class Transcript final : public RespEvents {
 public:
  void nil() override { value("nil "), builder_.nil(); }
  void integer(std::int64_t v) override { value(fmt::format("{} ", v)), builder_.integer(v); }
  void real(double v) override { value(fmt::format("{} ", v)), builder_.real(v); }
  void text(std::string_view v) override { value(fmt::format("'{}' ", v), v.size()), builder_.text(v); }
  void status(std::string_view v) override { value(fmt::format("+{} ", v), v.size()), builder_.status(v); }
  void error(std::string_view v) override { value(fmt::format("-{} ", v), v.size()), builder_.error(v); }
  void array_begins() override {
    value("[");
    require(++depth_ <= limits.depth);
    builder_.array_begins();
  }
  void array_ends() override {
    text_ += "] ";
    require(depth_-- > 0);
    builder_.array_ends();
  }
  void reply_ends() {
    text_ += "\n";
    require(depth_ == 0 && count(builder_.reply()) == values_);
    values_ = 0;
  }
  void note(std::string_view what) { text_ += what; }
  const std::string& words() const { return text_; }

 private:
  void value(std::string_view words, std::size_t size = 0) {
    text_ += words;
    // One more than elements: the reply itself is not an element.
    require(++values_ <= limits.elements + 1 && size <= limits.bytes);
  }
  static std::size_t count(const Reply& reply) {
    std::size_t values = 1;
    for (const Reply& item : reply.items) values += count(item);
    return values;
  }
  std::string text_;
  std::size_t depth_ = 0;
  std::uint64_t values_ = 0;
  ReplyBuilder builder_;
};

/// Reads `bytes` in pieces of the given sizes, over and over; what is not taken waits in front of the next
/// piece, as in Connection.
std::string read_in_pieces(std::string_view bytes, const std::array<std::size_t, 4>& sizes) {
  Transcript transcript;
  RespReader reader(transcript, limits);
  std::string waiting;
  for (std::size_t at = 0, turn = 0; at < bytes.size(); ++turn) {
    const auto piece = bytes.substr(at, sizes[turn % sizes.size()]);
    at += piece.size();
    waiting += piece;
    for (bool whole = true; whole;) {
      const auto taken = reader.take(waiting);
      if (!taken) {
        transcript.note(taken.error().what);
        return transcript.words();
      }
      require(taken->bytes <= waiting.size());
      waiting.erase(0, taken->bytes);
      whole = taken->whole;
      if (whole) transcript.reply_ends();
    }
    require(waiting.size() <= limits.bytes + limits.line + piece.size());
  }
  transcript.note(fmt::format("waiting: {}", waiting.size()));
  return transcript.words();
}

}  // namespace
}  // namespace headroom::wire

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 4) return 0;
  std::array<std::size_t, 4> cuts{};
  std::transform(data, data + 4, cuts.begin(), [](unsigned char c) { return std::size_t{c} + 1; });
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 4, size - 4);
  const std::size_t all = bytes.size() + 1;
  const auto whole = headroom::wire::read_in_pieces(bytes, {all, all, all, all});
  if (headroom::wire::read_in_pieces(bytes, cuts) != whole) std::abort();
  if (headroom::wire::read_in_pieces(bytes, {1, 1, 1, 1}) != whole) std::abort();
  return 0;
}
