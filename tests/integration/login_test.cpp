#include <arpa/inet.h>
#include <mariadb/mysql.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <memory>
#include <thread>

#include "common/base/file.hpp"
#include "common/server/dialect.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/mysql_server.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

constexpr std::chrono::seconds patience{20};

std::vector<std::string> awkward_passwords() {
  return {"it's \"quoted\" `thrice`",
          "back\\slashes\\\\ \\n \\0 \\",
          "100%d %s%n %",
          " spaces before, between and after ",
          "\xF0\x9F\x94\x91\xF0\x9D\x84\x9E four bytes",
          "--#;/*$(x)\ttab\nnewline",
          "x",
          std::string(200, 'p')};
}

std::string create_account(const std::string& user, const std::string& password, const std::string& more = "") {
  return "CREATE USER " + sql_quoted(user) + "@'%' IDENTIFIED WITH caching_sha2_password BY " + sql_quoted(password) +
         " " + more;
}

std::string who_am_i(const ServerLogin& login) {
  return MysqlClient(login, patience).query("SELECT CURRENT_USER() AS me").at(0).at("me").value_or("");
}

// The error of a refused login. Number 0: the login was not refused.
SqlError refusal(const ServerLogin& login) {
  try {
    MysqlClient(login, patience);
  } catch (const SqlError& error) {
    return error;
  }
  return SqlError(0, "it was let in", "");
}

std::string cipher_of(const ServerLogin& login) {
  return MysqlClient(login, patience).query("SHOW STATUS LIKE 'Ssl_cipher'").at(0).at("Value").value_or("");
}

std::string in_pem(EVP_PKEY* key) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> owner(key, EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  REQUIRE(PEM_write_bio_PUBKEY(out.get(), key) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

std::string rsa_key(std::size_t bits) {
  return in_pem(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits));
}

// Greets one client as a MySQL server does. For each packet of the client it sends the next packet of the script; then
// it hangs up.
class HostileServer {
 public:
  explicit HostileServer(std::vector<std::string> script)
      : script_(std::move(script)), port_(free_port()), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port_);
    ::inet_pton(AF_INET, TestSet::address(0).c_str(), &where.sin_addr);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&where), sizeof where) == 0);
    REQUIRE(::listen(listener_.get(), 1) == 0);
    thread_ = std::thread([this] { serve(Fd(::accept(listener_.get(), nullptr, nullptr))); });
  }
  ~HostileServer() {
    if (thread_.joinable()) end();
  }

  ServerLogin login(const std::string& password) const {
    ServerLogin login;
    login.host = TestSet::address(0);
    login.port = port_;
    login.password = Secret(password);
    return login;
  }
  /// Ends the server. Returns all bytes that the client sent.
  std::string end() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    return heard_;
  }

 private:
  static std::string packet(const std::string& body, unsigned number) {
    std::string out;
    for (const std::size_t part : {body.size(), body.size() >> 8, body.size() >> 16, std::size_t{number}})
      out += static_cast<char>(part);
    return out + body;
  }
  std::string read(const Fd& client, std::size_t size) {
    std::string out(size, '\0');
    if (::recv(client.get(), out.data(), size, MSG_WAITALL) != static_cast<ssize_t>(size)) return "";
    heard_ += out;
    return out;
  }
  void serve(const Fd& client) {
    // See dev.mysql.com/doc/dev/mysql-server/latest,
    // page_protocol_connection_phase_packets_protocol_handshake_v10.html.
    // The abilities are: protocol 4.1, a challenge of 20 bytes, and login methods with names.
    const std::string abilities("\0\x01\x82\x2d\x02\0\x08\0\x15", 9);
    const std::string greeting = std::string("\x0a") + "9.7.4" + std::string(5, '\0') + "12345678" + abilities +
                                 std::string(10, '\0') + "901234567890" + '\0' + "caching_sha2_password" + '\0';
    std::string answer = packet(greeting, 0);
    for (const std::string& next : script_) {
      ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      const std::string head = read(client, 4);
      if (head.empty()) return;
      read(client, static_cast<unsigned char>(head[0]) + 256u * static_cast<unsigned char>(head[1]));
      answer = packet(next, static_cast<unsigned char>(head[3]) + 1u);
    }
    ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    // Reads the answer to the last packet, until the client hangs up.
    while (!read(client, 1).empty()) {
    }
  }

  std::vector<std::string> script_;
  std::uint16_t port_;
  Fd listener_;
  std::string heard_;
  std::thread thread_;
};

}  // namespace

TEST_CASE(
    "the agent logs in to MySQL with any password, by TCP, TLS and socket, whether the server knows it already or not",
    "[once]") {
  MysqlServer server;
  server.start();
  // The shared client library has a plugin file with the same name. The agent's method was registered first.
  const st_mysql_client_plugin* const plugin = mysql_client_find_plugin(nullptr, "caching_sha2_password", 2);
  REQUIRE(plugin != nullptr);
  REQUIRE(std::string(plugin->author) == "mysql-agent");

  MysqlClient root(server.by_socket(), patience);
  const std::vector<std::string> passwords = awkward_passwords();
  for (std::size_t i = 0; i < passwords.size(); ++i)
    root.execute(create_account("u" + std::to_string(i), passwords[i]));
  root.execute(create_account("empty", ""));

  const auto log_in = [&](const std::string& way, const std::string& user, const std::string& password) {
    if (way == "socket") return who_am_i(server.by_socket(user, password));
    return who_am_i(way == "TCP" ? server.by_tcp(user, password) : server.by_tls(user, password));
  };
  root.execute("CREATE USER older@'%' IDENTIFIED WITH sha256_password BY " + sql_quoted(passwords[0]));
  for (const std::string way : {"TCP", "TLS", "socket"}) {
    CHECK(log_in(way, "older", passwords[0]) == "older@%");
    // FLUSH PRIVILEGES makes the server forget which passwords it has seen.
    root.execute("FLUSH PRIVILEGES");
    for (std::size_t i = 0; i < passwords.size(); ++i) {
      INFO("by " << way << ": " << passwords[i]);
      const std::string user = "u" + std::to_string(i);
      CHECK(log_in(way, user, passwords[i]) == user + "@%");
      CHECK(log_in(way, user, passwords[i]) == user + "@%");
    }
    CHECK(log_in(way, "empty", "") == "empty@%");
  }
}

TEST_CASE("by TLS the agent logs in where the account or the server wants that, and to no server of another CA",
          "[once]") {
  MysqlServer server;
  server.start({"--require-secure-transport=ON"});
  MysqlClient root(server.by_socket(), patience);
  root.execute(create_account("any", "right"));
  root.execute(create_account("private", "right", "REQUIRE SSL"));
  root.execute("CREATE USER older@'%' IDENTIFIED WITH sha256_password BY 'right'");

  const SqlError plain = refusal(server.by_tcp("any", "right"));
  CHECK(plain.number() == 3159);
  CHECK_THAT(plain.hint(), Catch::Contains("--mysql-tls"));
  // The server's require_secure_transport takes a socket for secure. REQUIRE SSL of an account does not.
  CHECK(who_am_i(server.by_socket("any", "right")) == "any@%");
  const SqlError by_socket = refusal(server.by_socket("private", "right"));
  CHECK(by_socket.number() == 1045);
  CHECK_THAT(by_socket.hint(),
             Catch::Contains("--mysql-tls") && Catch::Contains("does not exist") && Catch::Contains("password"));

  const TempDir dir;
  const TestCa other(dir / "other");
  for (const bool socket : {false, true}) {
    ServerLogin login = socket ? server.by_socket("private", "right") : server.by_tcp("private", "right");
    login.tls = true;
    CHECK(who_am_i(login) == "private@%");
    CHECK_FALSE(cipher_of(login).empty());
    for (const bool said : {true, false}) {
      login.tls = said;
      login.tls_ca = server.ca();
      CHECK(who_am_i(login) == "private@%");
      CHECK_FALSE(cipher_of(login).empty());
      login.tls_ca = other.file();
      const SqlError refused = refusal(login);
      CHECK(refused.number() == 2026);
      CHECK_THAT(refused.hint(), Catch::Contains("--mysql-tls-ca"));
    }
  }
  CHECK(cipher_of(server.by_socket()).empty());
  server.stop();
  server.start({"--tls-version="});
  // The client library alone would go on without TLS.
  for (const bool warm : {false, true})
    for (const char* user : {"any", "root", "older"}) {
      INFO((warm ? "warm: " : "cold: ") << user);
      ServerLogin login = user == std::string("root") ? server.by_socket() : server.by_tcp(user, "right");
      login.tls = true;
      const SqlError refused = refusal(login);
      CHECK(refused.number() == 2026);
      CHECK_THAT(refused.what(), Catch::Contains("TLS was asked for, and the server offers none"));
      CHECK_THAT(refused.hint(), Catch::Contains("offers TLS"));
      login.tls = false;
      CHECK(refusal(login).number() == 0);
    }
}

TEST_CASE("a login that MySQL refuses says why, each reason in its own words, and never the password", "[once]") {
  MysqlServer server;
  server.start();
  MysqlClient root(server.by_socket(), patience);
  root.execute(create_account("known", "right"));
  root.execute(create_account("locked", "right", "ACCOUNT LOCK"));
  const std::string too_long(230, 'p');
  root.execute(create_account("long", too_long));

  for (const bool warm : {false, true})
    for (const std::string way : {"TCP", "TLS", "socket"}) {
      INFO((warm ? "warm, by " : "cold, by ") << way);
      const auto login = [&](const std::string& user, const std::string& password) {
        return way == "TCP"   ? server.by_tcp(user, password)
               : way == "TLS" ? server.by_tls(user, password)
                              : server.by_socket(user, password);
      };
      root.execute("FLUSH PRIVILEGES");
      if (warm) who_am_i(login("known", "right"));

      const SqlError wrong = refusal(login("known", "wr0ng-one"));
      CHECK(wrong.number() == 1045);
      CHECK_THAT(wrong.what(),
                 Catch::Contains("Access denied for user 'known'@") && Catch::Contains("(using password: YES)"));
      CHECK_THAT(wrong.what(), !Catch::Contains("wr0ng-one"));
      CHECK_THAT(wrong.hint(), Catch::Contains("password file") && Catch::Contains("does not exist"));

      const SqlError none = refusal(login("known", ""));
      CHECK(none.number() == 1045);
      CHECK_THAT(none.what(), Catch::Contains("(using password: NO)"));

      // For accounts that do not exist the server chooses the login method by chance.
      for (int i = 0; i < 8; ++i) {
        const std::string nobody = "nobody" + std::to_string(i);
        const SqlError unknown = refusal(login(nobody, "wr0ng-one"));
        CHECK(unknown.number() == 1045);
        CHECK_THAT(unknown.what(), Catch::Contains("Access denied for user '" + nobody + "'@"));
      }

      const SqlError locked = refusal(login("locked", "right"));
      CHECK(locked.number() == 3118);
      CHECK_THAT(locked.what(), Catch::Contains("locked"));
      CHECK_THAT(locked.hint(), Catch::Contains("ACCOUNT UNLOCK"));
    }

  // A message for RSA of 2048 bits has at most 214 bytes.
  root.execute("FLUSH PRIVILEGES");
  const SqlError long_one = refusal(server.by_tcp("long", too_long));
  CHECK(long_one.number() == 2061);
  CHECK_THAT(long_one.what(), Catch::Contains("the password is too long for the server's public key"));
  CHECK_THAT(long_one.what(), !Catch::Contains("ppp"));
  CHECK(who_am_i(server.by_socket("long", too_long)) == "long@%");
  root.execute("FLUSH PRIVILEGES");
  CHECK(who_am_i(server.by_tls("long", too_long)) == "long@%");
}

TEST_CASE("a server without a public key gets no password by plain TCP, and the error says so", "[once]") {
  MysqlServer server;
  server.start({"--caching-sha2-password-private-key-path=none", "--caching-sha2-password-public-key-path=none"});
  MysqlClient root(server.by_socket(), patience);
  root.execute(create_account("known", "right"));

  const SqlError cold = refusal(server.by_tcp("known", "right"));
  CHECK(cold.number() == 2061);
  CHECK_THAT(cold.what(), Catch::Contains("the server gave no public key to encrypt the password with"));
  CHECK_THAT(cold.hint(), Catch::Contains("socket"));
  // Once the server has seen the password, the proof is enough.
  CHECK(who_am_i(server.by_socket("known", "right")) == "known@%");
  CHECK(who_am_i(server.by_tcp("known", "right")) == "known@%");
  CHECK(refusal(server.by_tcp("known", "wrong")).number() == 2061);
}

TEST_CASE("a server that does not keep to the protocol gets an error, and never the password", "[once]") {
  const std::string method = std::string("\xfe") + "caching_sha2_password" + '\0';
  const std::string challenge = method + "abcdefghijklmnopqrst" + '\0';
  const std::string give_password = "\x01\x04";
  struct Case {
    std::string name;
    std::vector<std::string> script;
    std::string cause;
  };
  const std::vector<Case> cases{
      {"a short challenge", {method + "abc" + '\0'}, "the server's challenge has a wrong length"},
      {"a long challenge", {method + std::string(300, 'a') + '\0'}, "the server's challenge has a wrong length"},
      {"an answer that means nothing", {challenge, "\x01\x09"}, "the server's answer is none of caching_sha2_password"},
      {"an answer that is too long",
       {challenge, "\x01\x04\x04"},
       "the server's answer is none of caching_sha2_password"},
      {"an empty key", {challenge, give_password, "\x01"}, "is no RSA key"},
      {"no key", {challenge, give_password, "\x01nonsense"}, "is no RSA key"},
      {"a key that is cut", {challenge, give_password, "\x01-----BEGIN PUBLIC KEY-----\nMFww"}, "is no RSA key"},
      {"a key with a passphrase",
       {challenge, give_password,
        "\x01-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n"
        "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nMFww\n-----END PUBLIC KEY-----\n"},
       "is no RSA key"},
      {"a key of another kind",
       {challenge, give_password, "\x01" + in_pem(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))},
       "is no RSA key"},
      {"a key that is too small",
       {challenge, give_password, "\x01" + rsa_key(512)},
       "the password is too long for the server's public key"},
      {"an end instead of a verdict", {challenge, give_password, "\x01" + rsa_key(2048), "\xff"}, ""},
  };
  const std::string password = "a password of 30 bytes, or more";
  for (const Case& hostile : cases) {
    INFO(hostile.name);
    HostileServer server(hostile.script);
    const SqlError error = refusal(server.login(password));
    INFO(error.what());
    CHECK(error.number() >= 2000);
    CHECK_THAT(error.what(), Catch::Contains(hostile.cause));
    CHECK_THAT(error.what(), !Catch::Contains(password));
    const std::string heard = server.end();
    CHECK(heard.size() > 20);
    CHECK_THAT(heard, !Catch::Contains(password));
  }
  // If TLS was asked for, an impostor that offers no TLS gets nothing, not even the user's name.
  HostileServer stripped({challenge, give_password, "\x01" + rsa_key(2048)});
  ServerLogin login = stripped.login(password);
  login.tls = true;
  CHECK(refusal(login).number() == 2026);
  CHECK(stripped.end().empty());
}

TEST_CASE("the release binary logs in to MySQL from a root directory that holds nothing else", "[once]") {
  const std::string binary = release_binary();
  MysqlServer server;
  server.start();
  MysqlClient root(server.by_socket(), patience);

  const TempDir empty;
  std::filesystem::copy_file(binary, empty / "mysql-agent");
  std::filesystem::create_directories(empty / "data");
  // The socket gets a second name inside of the root directory.
  std::filesystem::create_hard_link(server.socket(), empty / "s");
  std::filesystem::copy_file(server.ca(), empty / "ca.pem");
  const auto status = [&](const std::string& user, const std::string& password, const std::string& way) {
    write_text(empty / "password", password + "\n");
    const ServerLogin login = server.by_tcp(user, password);
    Arguments argv{"chroot",
                   empty.path(),
                   "/mysql-agent",
                   "status",
                   "--pod-name",
                   "mysql-0",
                   "--data-dir",
                   "/data",
                   "--mysql-user",
                   user,
                   "--mysql-password-file",
                   "/password"};
    Arguments where{"--mysql-socket", "/s"};
    if (way != "socket") where = {"--mysql-host", login.host, "--mysql-port", std::to_string(login.port)};
    if (way == "TLS") where.push_back("--mysql-tls");
    if (way == "TLS-CA") where.insert(where.end(), {"--mysql-tls-ca", "/ca.pem"});
    argv.insert(argv.end(), where.begin(), where.end());
    return run_to_end(argv).output;
  };
  root.execute(create_account("locked", "right", "ACCOUNT LOCK"));
  for (const std::string way : {"TCP", "TLS", "TLS-CA", "socket"}) {
    int number = 0;
    for (const std::string& password : awkward_passwords()) {
      const std::string user = way + std::to_string(++number);
      root.execute(create_account(user, password, way.starts_with("TLS") ? "REQUIRE SSL" : ""));
      root.execute("GRANT REPLICATION CLIENT ON *.* TO " + sql_quoted(user) + "@'%'");
      // At the first login the server has not seen the password, at the second it has. A login that shows the server's
      // version has worked.
      for (const char* const times : {"first", "second"}) {
        INFO(user << ", " << times << ": " << password);
        const std::string said = status(user, password, way);
        CHECK_THAT(said, Catch::Contains("mysql 9.7."));
        CHECK_THAT(said, !Catch::Contains("login to"));
      }
    }
    CHECK_THAT(status(way + "1", "wrong", way), Catch::Contains("failed: 1045 Access denied for user"));
    CHECK_THAT(status("locked", "right", way), Catch::Contains("failed: 3118"));
    for (const std::string nobody :
         {"nobody0", "nobody1", "nobody2", "nobody3", "nobody4", "nobody5", "nobody6", "nobody7"})
      CHECK_THAT(status(nobody, "right", way),
                 Catch::Contains("failed: 1045 Access denied for user '" + nobody + "'@"));
  }
  CHECK_THAT(status("TLS1", awkward_passwords().front(), "TCP"), Catch::Contains("failed: 1045 Access denied"));
  const TestCa other(empty / "other");
  std::filesystem::copy_file(other.file(), empty / "ca.pem", std::filesystem::copy_options::overwrite_existing);
  CHECK_THAT(status("TLS1", awkward_passwords().front(), "TLS-CA"), Catch::Contains("failed: 2026"));
}
