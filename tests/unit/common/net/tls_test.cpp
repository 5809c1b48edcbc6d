#include "common/net/tls.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "common/base/log.hpp"
#include "common/net/peer_stream.hpp"
#include "tests/support/captured.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
using namespace std::chrono_literals;
using boost::system::error_code;
namespace asio = boost::asio;

namespace {

const std::string secret_text = "a secret of more than 32 bytes, for a test";

std::string hex(const TlsKey& key) {
  std::string out;
  for (const unsigned char byte : key.bytes) {
    char text[3];
    std::snprintf(text, sizeof text, "%02x", byte);
    out += text;
  }
  return out;
}

std::string key_of(const std::string& secret) {
  TlsKey key;
  derive_tls_key(secret, key);
  return hex(key);
}

void move(TlsEngine& from, TlsEngine& to) {
  while (from.output().size() > 0) {
    const auto output = from.output();
    const std::size_t n = asio::buffer_copy(to.input_space(), output);
    if (n == 0) return;
    from.output_sent(n);
    to.input_arrived(n);
  }
}

// Two sides with the same secret, after their handshake.
struct Both {
  Both() {
    error_code error;
    for (int i = 0; i < 4; ++i) {
      client.handshake(error);
      REQUIRE_FALSE(error);
      move(client, server);
      server.handshake(error);
      REQUIRE_FALSE(error);
      move(server, client);
    }
  }
  TempDir dir;
  std::filesystem::path secret = [this] {
    write_text(dir / "secret", secret_text);
    return dir / "secret";
  }();
  TlsSource source{{secret, {}, {}, {}}};
  TlsEngine client{source.current(), TlsEngine::Side::client};
  TlsEngine server{source.current(), TlsEngine::Side::server};
};

}  // namespace

TEST_CASE("the key of a secret is the one that both sides of every version derive") {
  // Made by: openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt key:... -kdfopt info:... HKDF
  CHECK(key_of(secret_text) == "1604c1b220bb8b8bf30cbd53ca4b10a4e0a5fef2df4523af653ae2e8c1b3ae5b");
  CHECK(key_of(secret_text + " ") != key_of(secret_text));
}

TEST_CASE("a secret file: one newline at its end does not count, and 32 bytes are needed") {
  const TempDir dir;
  const auto key_in = [&](const std::string& text) {
    write_text(dir / "secret", text);
    return hex(TlsSource({dir / "secret", {}, {}, {}}).current()->key);
  };
  CHECK(key_in(secret_text) == key_of(secret_text));
  CHECK(key_in(secret_text + "\n") == key_of(secret_text));
  CHECK(key_in(secret_text + "\n\n") == key_of(secret_text + "\n"));
  CHECK_NOTHROW(key_in(std::string(32, 'x')));
  const Error error = error_of([&] { key_in(std::string(31, 'x') + "\n"); });
  CHECK(error.code() == ExitCode::usage);
  CHECK_THAT(error.what(), Catch::Contains("has 31 bytes, and needs 32"));
  CHECK_THAT(error.hint(), Catch::Contains("head -c 32 /dev/urandom | base64"));
  CHECK(error_of([&] { TlsSource({dir / "none", {}, {}, {}}); }).code() == ExitCode::usage);
}

TEST_CASE("a secret is read again when its file changes, and a broken one leaves the old one in force") {
  const TempDir dir;
  write_text(dir / "secret", secret_text);
  TlsSource source({dir / "secret", {}, {}, {}});
  const auto first = source.current();
  CHECK(source.current() == first);
  const test::Captured error(STDERR_FILENO);
  start_log(LogLevel::info, LogFormat::text);
  for (const char* broken : {"too short", ""}) {
    write_text(dir / "secret", broken);
    CHECK(source.current() == first);
    CHECK(source.current() == first);
  }
  std::filesystem::remove(dir / "secret");
  CHECK(source.current() == first);
  CHECK(source.current() == first);
  write_text(dir / "secret", secret_text + secret_text);
  const auto second = source.current();
  CHECK(second != first);
  CHECK(hex(second->key) == key_of(secret_text + secret_text));
  CHECK(hex(first->key) == key_of(secret_text));  // a connection keeps its context
  const auto lines = lines_of(error.text());
  REQUIRE(lines.size() == 4);
  for (int i = 0; i < 3; ++i)
    CHECK_THAT(lines[static_cast<std::size_t>(i)], Catch::Contains("warning tls: kept what it had"));
  CHECK_THAT(lines[3], Catch::Contains("info tls: took the new secret"));
}

TEST_CASE("certificate files that cannot be used are a usage error that names the file") {
  const TempDir dir;
  write_text(dir / "no.pem", "nothing\n");
  const Error error = error_of([&] { TlsSource({{}, dir / "no.pem", dir / "no.pem", dir / "no.pem"}); });
  CHECK(error.code() == ExitCode::usage);
  CHECK_THAT(error.what(), Catch::Contains("cannot use the certificate " + (dir / "no.pem").string()));
}

TEST_CASE("a sender takes a new key in time, and the other side says nothing to it") {
  Both both;
  both.server.bytes_for_one_key = 100'000;
  const std::string data(40'000, 'd');
  error_code error;
  std::string got;
  for (int i = 0; i < 20; ++i) {
    both.server.write(data.data(), data.size(), error);
    REQUIRE_FALSE(error);
    while (both.server.output().size() > 0) {
      move(both.server, both.client);
      std::vector<char> buffer(100'000);
      got.append(buffer.data(), both.client.read(buffer.data(), buffer.size(), error));
      REQUIRE_FALSE(error);
      // A donor takes any byte from the recipient as its end.
      CHECK(both.client.output().size() == 0);
    }
  }
  CHECK(got == std::string(800'000, 'd'));
  CHECK(both.server.keys_taken() == 6);
}

TEST_CASE("a TLS connection that is cut is told from one that has ended") {
  Both both;
  error_code error;
  char byte = 0;
  const bool ended = GENERATE(true, false);
  if (ended) both.server.close();
  move(both.server, both.client);
  both.client.input_ended();
  CHECK(both.client.read(&byte, 1, error) == 0);
  CHECK(error == (ended ? error_code(asio::error::eof) : error_code(TlsError::cut)));
}

TEST_CASE("a record that trickles is no stall, and is one where the whole has a time limit") {
  Both both;
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  const bool stalls = GENERATE(true, false);
  // The other side runs in a thread. It makes its handshake, and then sends one record in twelve parts.
  std::thread other([&] {
    asio::io_context own;
    asio::ip::tcp::socket socket(own);
    socket.connect(acceptor.local_endpoint());
    TlsEngine engine(both.source.current(), TlsEngine::Side::server);
    error_code error;
    while (!engine.handshake(error) && !error) {
      asio::write(socket, engine.output(), error);
      engine.output_sent(engine.output().size());
      engine.input_arrived(socket.read_some(engine.input_space(), error));
    }
    asio::write(socket, engine.output(), error);
    engine.output_sent(engine.output().size());
    const std::string text(1200, 'x');
    engine.write(text.data(), text.size(), error);
    const auto record = engine.output();
    for (std::size_t at = 0; at < record.size() && !error; at += 110) {
      std::this_thread::sleep_for(100ms);
      asio::write(socket, asio::buffer(record + at, 110), error);
    }
  });
  PeerStream stream(acceptor.accept());
  error_code result;
  std::size_t bytes = 0;
  std::vector<char> buffer(4000);
  stream.expires_after(5s);
  stream.async_handshake(both.source.current(), TlsEngine::Side::client, "", [&](error_code error) {
    REQUIRE_FALSE(error);
    if (stalls) stream.stalls_after(600ms);
    else stream.expires_after(600ms);
    stream.async_read_some(asio::buffer(buffer), [&](error_code read_error, std::size_t n) {
      result = read_error;
      bytes = n;
    });
  });
  io.run();
  stream.close();
  other.join();
  if (stalls) {
    CHECK_FALSE(result);
    CHECK(bytes == 1200);
  } else {
    CHECK(result == boost::beast::error::timeout);
  }
}
