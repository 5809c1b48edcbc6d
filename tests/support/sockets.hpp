#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "common/base/file.hpp"

/// Plain sockets, for peers that are not agents.
namespace mysql_agent::test {

inline Fd tcp_socket() {
  return Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/// `address` is an IPv4 address.
inline sockaddr_in socket_address(const std::string& address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &out.sin_addr);
  return out;
}

/// Binds a socket. Returns whether that worked. If `port` is 0, the kernel chooses a port, and `port` becomes that
/// port.
inline bool bind_to(const Fd& fd, const std::string& address, std::uint16_t& port) {
  sockaddr_in where = socket_address(address, port);
  socklen_t size = sizeof where;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&where), size) != 0) return false;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&where), &size) != 0) return false;
  port = ntohs(where.sin_port);
  return true;
}

inline bool connect_to(const Fd& fd, const std::string& address, std::uint16_t port) {
  const sockaddr_in where = socket_address(address, port);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
}

}  // namespace mysql_agent::test
