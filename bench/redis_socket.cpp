#include "redis_socket.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace headroom::bench {

RedisSocket::RedisSocket(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("too long for a socket: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
  const std::string why = std::strerror(errno);
  ::close(fd_);
  throw std::runtime_error("cannot connect to " + path + ": " + why);
}

RedisSocket::~RedisSocket() { ::close(fd_); }

void RedisSocket::command(std::size_t arguments) {
  out_ += '*';
  out_ += fmt::format_int(arguments).c_str();
  out_ += "\r\n";
}

void RedisSocket::part(std::string_view text) {
  out_ += '$';
  out_ += fmt::format_int(text.size()).c_str();
  out_ += "\r\n";
  out_ += text;
  out_ += "\r\n";
}

void RedisSocket::part(std::uint64_t number) {
  const fmt::format_int text(number);
  part(std::string_view(text.data(), text.size()));
}

void RedisSocket::part_of(std::string_view filling, std::uint64_t size) {
  out_ += fmt::format("${}\r\n", size);
  while (size > 0) {
    const auto piece = filling.substr(0, size);
    out_ += piece;
    size -= piece.size();
    send();
  }
  out_ += "\r\n";
}

void RedisSocket::queue(std::initializer_list<std::string_view> parts) {
  command(parts.size());
  for (const auto text : parts) part(text);
}

void RedisSocket::send() {
  for (std::size_t sent = 0; sent < out_.size();) {
    const auto n = ::send(fd_, out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) throw std::runtime_error("the server closed the connection");
    sent += static_cast<std::size_t>(n);
  }
  out_.clear();
}

bool RedisSocket::receive(std::chrono::nanoseconds patience) {
  pollfd watched{fd_, POLLIN, 0};
  const timespec limit{patience.count() / 1'000'000'000, patience.count() % 1'000'000'000};
  if (::ppoll(&watched, 1, &limit, nullptr) <= 0) return false;
  in_.erase(0, read_to_);
  read_to_ = 0;
  std::array<char, 65536> chunk;
  const auto n = ::read(fd_, chunk.data(), chunk.size());
  if (n <= 0) throw std::runtime_error("the server closed the connection");
  in_.append(chunk.data(), static_cast<std::size_t>(n));
  return true;
}

bool RedisSocket::take(std::string& reply) {
  const auto end = in_.find("\r\n", read_to_);
  if (end == std::string::npos) return false;
  const std::string_view line(in_.data() + read_to_, end - read_to_);
  if (line.starts_with('-')) throw std::runtime_error("the server says: " + std::string(line.substr(1)));
  if (!line.starts_with('$') || line == "$-1") {
    reply.assign(line.substr(1));
    read_to_ = end + 2;
    return true;
  }
  const std::size_t size = std::stoul(std::string(line.substr(1)));
  if (in_.size() < end + 2 + size + 2) return false;
  reply.assign(in_, end + 2, size);
  read_to_ = end + 2 + size + 2;
  return true;
}

std::string RedisSocket::reply() {
  std::string text;
  while (!take(text)) receive(std::chrono::hours(1));
  return text;
}

std::string RedisSocket::call(std::initializer_list<std::string_view> parts) {
  queue(parts);
  send();
  return reply();
}

double info_number(std::string_view info, std::string_view name) {
  const std::string label = fmt::format("\n{}:", name);
  const auto at = info.find(label);
  if (at == std::string_view::npos) throw std::runtime_error(fmt::format("INFO has no {}", name));
  return std::stod(std::string(info.substr(at + label.size(), 32)));
}

}  // namespace headroom::bench
