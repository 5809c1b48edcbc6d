#include <catch2/catch.hpp>
#include <regex>

#include "common/base/file.hpp"
#include "common/net/tls_engine.hpp"
#include "tests/support/sockets.hpp"
#include "tests/support/test_set.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* ask_donor = "GET /v1/donor HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr const char* secret_a = "a secret of more than 32 bytes for all pods\n";
constexpr const char* secret_b = "another secret of more than 32 bytes, for others\n";

// A donor without a server, and a recipient that asks it. The donor tells a peer that has proven itself that its server
// does not answer. It tells nothing to other peers.
class Pair {
 public:
  Pair() {
    write_text(secret(), secret_a);
    write_text(dir_ / "other-secret", secret_b);
    std::filesystem::create_directories(dir_ / "data-0");
  }

  const TempDir& dir() const { return dir_; }
  std::filesystem::path secret() const { return dir_ / "secret"; }
  std::uint16_t port() const { return port_; }
  static std::string address() { return TestSet::address(0); }
  std::string where() const { return address() + ":" + std::to_string(port_); }
  std::string log() const { return donor_->output(); }

  void start_donor(const Arguments& security) {
    Arguments argv{AGENT_BINARY,    "sidecar",
                   "--pod-name",    "mysql-0",
                   "--data-dir",    dir_ / "data-0",
                   "--listen",      address(),
                   "--clone-port",  std::to_string(port_),
                   "--http-listen", address() + ":" + std::to_string(http_port_),
                   "--mysql-port",  "1"};
    argv.insert(argv.end(), security.begin(), security.end());
    donor_ = std::make_unique<Background>(argv, dir_ / "donor.log");
    INFO(donor_->output());
    REQUIRE(eventually(20s, [&] { return log().find("was not ready") != std::string::npos; }));
  }

  Ran ask(const Arguments& security) const {
    const TempDir data;
    Arguments argv{AGENT_BINARY,    "clone-mysql",
                   "--pod-name",    "mysql-1",
                   "--peer-host",   "127.0.0.1{ordinal}",
                   "--data-dir",    data.path(),
                   "--listen",      TestSet::address(1),
                   "--clone-port",  std::to_string(port_),
                   "--http-listen", TestSet::address(1) + ":" + std::to_string(http_port_),
                   "--peers-above", "0",
                   "--donor-wait",  "10ms"};
    argv.insert(argv.end(), security.begin(), security.end());
    return run_to_end(argv);
  }

  // The output of `openssl s_client` that asks for /v1/donor.
  std::string s_client(const std::string& options) const {
    return run_to_end({"sh", "-c",
                       "printf '" + std::string("GET /v1/donor HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n") +
                           "' | timeout 5 openssl s_client -ign_eof -connect " + where() + " " + options + " 2>&1"})
        .output;
  }

  // The number of lines in the donor's log with this reason, and the sum of their counts.
  std::pair<int, int> refusals(const std::string& reason) const {
    const std::string text = log();
    const std::regex line("refused connections reason=\"" + reason + "[^\"]*\" count=([0-9]+)");
    std::pair<int, int> found;
    for (std::sregex_iterator at(text.begin(), text.end(), line), end; at != end; ++at) {
      ++found.first;
      found.second += std::stoi((*at)[1]);
    }
    return found;
  }

 private:
  TempDir dir_;
  std::uint16_t port_ = free_port();
  std::uint16_t http_port_ = free_port();
  std::unique_ptr<Background> donor_;
};

Arguments by_secret(const std::filesystem::path& file) {
  return {"--clone-secret-file", file};
}

Arguments by_certificate(const TlsFiles& files) {
  return {"--tls-cert", files.certificate, "--tls-key", files.key, "--tls-ca", files.ca};
}

// The recipient logs this when it has got the donor's answer.
constexpr const char* authenticated = "127.0.0.10: the server does not answer";

// A socket for any bytes. hear() gives the bytes that come back until the other side closes, or for a second.
class Wire {
 public:
  explicit Wire(const Pair& pair) : fd_(tcp_socket()) {
    REQUIRE(connect_to(fd_, Pair::address(), pair.port()));
    const timeval patience{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  void say(const std::string& bytes) const {
    REQUIRE(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }
  std::string hear() const {
    char bytes[65536];
    const ssize_t n = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    return {bytes, static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
  }
  bool closed() const {
    char byte = 0;
    const ssize_t n = ::recv(fd_.get(), &byte, 1, MSG_PEEK);
    return n == 0 || (n < 0 && errno != EAGAIN);
  }

 private:
  Fd fd_;
};

std::string take_output(TlsEngine& engine) {
  const auto output = engine.output();
  std::string bytes(static_cast<const char*>(output.data()), output.size());
  engine.output_sent(bytes.size());
  return bytes;
}

}  // namespace

TEST_CASE("only a recipient that proves itself hears what a donor has, and both sides say why not", "[once]") {
  Pair pair;
  const TestCa ca(pair.dir() / "ca");
  const TestCa other_ca(pair.dir() / "other-ca");
  const Arguments secret = by_secret(pair.secret());
  const Arguments other_secret = by_secret(pair.dir() / "other-secret");
  const Arguments donor_certificate = by_certificate(ca.issue("donor", "IP:127.0.0.10"));
  const Arguments recipient_certificate = by_certificate(ca.issue("recipient", ""));
  const Arguments insecure{"--insecure"};
  // A recipient with a certificate of the other CA. It trusts the donor's CA, so that it goes on to show its
  // certificate.
  TlsFiles stranger = other_ca.issue("stranger", "IP:127.0.0.10");
  const Arguments other_ca_all = by_certificate(stranger);
  stranger.ca = ca.file();
  const Arguments other_ca_recipient = by_certificate(stranger);

  struct Case {
    const char* name;
    Arguments donor;
    Arguments recipient;
    const char* recipient_says;
    const char* donor_says;  // a reason that Refusals counts; empty: none
  };
  const Case cases[]{
      {"the same secret", secret, secret, authenticated, ""},
      {"another secret", secret, other_secret, "it refused this side: illegal parameter; its secret is another one",
       "it has another secret"},
      {"no security, and a secret", secret, insecure, "it speaks TLS", "it does not speak TLS"},
      {"a secret, and no security", insecure, secret, "it does not speak TLS", ""},
      {"a certificate, and a secret", secret, recipient_certificate,
       "it refused this side: handshake failure; it does not accept this side's certificate", "it has no secret"},
      {"a secret, and a certificate", donor_certificate, secret,
       "it offers a certificate, and no proof that it has the secret", "it refused this side"},
      {"a certificate, and no security", insecure, recipient_certificate, "it does not speak TLS", ""},
      {"no security, and a certificate", donor_certificate, insecure, "it speaks TLS", "it does not speak TLS"},
      {"certificates of one CA", donor_certificate, recipient_certificate, authenticated, ""},
      {"a donor of another CA", other_ca_all, recipient_certificate,
       "its certificate is not accepted: self-signed certificate in certificate chain",
       "it refused this side: unknown CA"},
      {"a donor of another name", by_certificate(ca.issue("elsewhere", "IP:127.0.0.11,DNS:127.0.0.10")),
       recipient_certificate, "its certificate is not accepted: IP address mismatch", "it refused this side"},
      {"a donor without a name", by_certificate(ca.issue("127.0.0.10", "")), recipient_certificate,
       "its certificate is not accepted: IP address mismatch", "it refused this side"},
      {"a donor whose certificate is for clients",
       by_certificate(ca.issue("client", "IP:127.0.0.10", "-days 2 -addext extendedKeyUsage=clientAuth")),
       recipient_certificate, "its certificate is not accepted: un", "it refused this side"},
      {"a recipient of another CA", donor_certificate, other_ca_recipient,
       "it refused this side: unknown CA; it does not accept this side's certificate",
       "its certificate is not accepted: unable to get local issuer certificate"},
      {"a recipient whose certificate is for servers", donor_certificate,
       by_certificate(ca.issue("server", "", "-days 2 -addext extendedKeyUsage=serverAuth")),
       "it refused this side: unsupported certificate; it does not accept", "its certificate is not accepted: un"},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    pair.start_donor(one.donor);
    const Ran ran = pair.ask(one.recipient);
    INFO(ran.output << pair.log());
    CHECK(ran.exit_code == 1);
    CHECK_THAT(ran.output, Catch::Contains(one.recipient_says));
    const bool good = one.recipient_says == authenticated;
    CHECK((ran.output.find(authenticated) != std::string::npos) == good);
    if (!good) {
      CHECK_THAT(ran.output, Catch::Contains(pair.where() + " could not be authenticated: "));
      CHECK_THAT(ran.output,
                 Catch::Contains("--clone-secret-file") && Catch::Contains("--insecure") && Catch::Contains("--tls-c"));
    }
    CHECK(eventually(2s, [&] { return *one.donor_says == '\0' || pair.refusals(one.donor_says) == std::pair(1, 1); }));
    if (*one.donor_says == '\0') CHECK(pair.refusals("").first == 0);
    std::filesystem::remove(pair.dir() / "donor.log");
  }
}

TEST_CASE("another implementation of the client gets in with the key, and with nothing less", "[once]") {
  Pair pair;
  constexpr const char* answer = "HTTP/1.1 200 OK";
  SECTION("by a secret") {
    TlsKey key;
    derive_tls_key(std::string(secret_a, std::string(secret_a).size() - 1), key);
    std::string hex;
    for (const unsigned char byte : key.bytes) {
      char text[3];
      std::snprintf(text, sizeof text, "%02x", byte);
      hex += text;
    }
    const std::string suite = "-ciphersuites TLS_AES_128_GCM_SHA256 ";
    const std::string psk = suite + "-psk_identity mysql-agent -psk " + hex;
    pair.start_donor(by_secret(pair.secret()));
    const std::string good = pair.s_client(psk);
    INFO(good);
    CHECK_THAT(good, Catch::Contains(answer) && Catch::Contains("TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256") &&
                         Catch::Contains("Server Temp Key: ") && Catch::Contains("Early data was not sent") &&
                         !Catch::Contains("New Session Ticket"));
    const std::string zeros(64, '0');
    for (const std::string& bad :
         {suite + "-psk_identity mysql-agent -psk " + zeros, suite + "-psk_identity other -psk " + hex,
          std::string("-tls1_3"), std::string("-tls1_2"), "-tls1_2 -psk_identity mysql-agent -psk " + hex,
          std::string("-ciphersuites TLS_CHACHA20_POLY1305_SHA256 -psk_identity mysql-agent -psk ") + hex}) {
      const std::string said = pair.s_client(bad);
      INFO(bad << "\n" << said);
      CHECK_THAT(said, !Catch::Contains(answer) && Catch::Contains("alert"));
    }
    CHECK(eventually(2s, [&] {
      return pair.refusals("it does not speak TLS 1.3").first == 1 && pair.refusals("it has another secret").first == 1;
    }));
    CHECK(pair.refusals("it has no secret").first == 1);
  }
  SECTION("by a certificate") {
    const TestCa ca(pair.dir() / "ca");
    const TlsFiles client = ca.issue("client", "");
    const std::string certificate = "-cert " + client.certificate.string() + " -key " + client.key.string();
    pair.start_donor(by_certificate(ca.issue("donor", "IP:127.0.0.10")));
    const std::string good = pair.s_client(certificate);
    INFO(good);
    CHECK_THAT(good, Catch::Contains(answer) && Catch::Contains("TLSv1.3") && !Catch::Contains("New Session Ticket"));
    for (const std::string& bad : {std::string("-tls1_3"), "-tls1_2 " + certificate}) {
      const std::string said = pair.s_client(bad);
      INFO(bad << "\n" << said);
      CHECK_THAT(said, !Catch::Contains(answer) && Catch::Contains("alert"));
    }
    CHECK(eventually(2s, [&] {
      return pair.refusals("it has no certificate").first == 1 && pair.refusals("it does not speak TLS 1.3").first == 1;
    }));
  }
}

TEST_CASE("a good client's bytes sent again get nothing but a handshake that fails", "[once]") {
  Pair pair;
  const TestCa ca(pair.dir() / "ca");
  const bool secret = GENERATE(true, false);
  const TlsFiles donor = ca.issue("donor", "IP:127.0.0.10");
  pair.start_donor(secret ? by_secret(pair.secret()) : by_certificate(donor));
  TlsSource source(secret ? TlsFiles{pair.secret(), {}, {}, {}} : donor);
  TlsEngine engine(source.current(), TlsEngine::Side::client, Pair::address());
  boost::system::error_code error;

  const Wire good(pair);
  engine.handshake(error);
  const std::string hello = take_output(engine);
  good.say(hello);
  std::size_t first_flight = 0;
  while (!engine.handshake(error)) {
    REQUIRE_FALSE(error);
    const std::string heard = good.hear();
    REQUIRE_FALSE(heard.empty());
    first_flight += heard.size();
    std::copy(heard.begin(), heard.end(), static_cast<char*>(engine.input_space().data()));
    engine.input_arrived(heard.size());
  }
  const std::string finished = take_output(engine);
  engine.write(ask_donor, std::string(ask_donor).size(), error);
  const std::string request = take_output(engine);
  good.say(finished);
  good.say(request);
  CHECK(good.hear().size() > 200);  // the donor's answer

  const Wire again(pair);
  again.say(hello);
  const std::string server_hello = again.hear();
  // The length of signatures differs by a byte or two.
  CHECK(server_hello.size() <= first_flight + 8);
  again.say(finished + request);
  std::string rest;
  for (std::string heard; !(heard = again.hear()).empty();) rest += heard;
  CHECK(rest.size() < 40);  // no more than an alert
  CHECK(again.closed());
  INFO(pair.log());
  CHECK(eventually(2s, [&] { return pair.refusals("TLS failed").second == 1; }));
}

TEST_CASE("who is refused is told so, also where it goes on to speak", "[once]") {
  Pair pair;
  pair.start_donor(by_secret(pair.secret()));
  TlsSource source({pair.dir() / "other-secret", {}, {}, {}});
  for (int i = 0; i < 20; ++i) {
    TlsEngine engine(source.current(), TlsEngine::Side::client, Pair::address());
    boost::system::error_code error;
    engine.handshake(error);
    const Wire wire(pair);
    wire.say(take_output(engine) + std::string(20'000, 'x'));
    std::this_thread::sleep_for(20ms);
    const std::string alert = wire.hear();
    INFO(i);
    REQUIRE(alert.size() == 7);
    CHECK(alert[0] == tls_alert_record);
  }
}

TEST_CASE("who does not end the handshake keeps nobody out, and is closed", "[once]") {
  Pair pair;
  const bool insecure = GENERATE(false, true);
  const Arguments security = insecure ? Arguments{"--insecure"} : by_secret(pair.secret());
  pair.start_donor(security);
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::unique_ptr<Wire>> idle;
  for (int i = 0; i < 200; ++i) {
    idle.push_back(std::make_unique<Wire>(pair));
    // Half of the connections send the beginning of a record or of a request.
    if (i % 2 == 0) idle.back()->say(insecure ? "GET /" : std::string("\x16\x03\x01\x02\x00", 5));
  }
  const Ran ran = pair.ask(security);
  INFO(ran.output << pair.log());
  CHECK_THAT(ran.output, Catch::Contains(authenticated));
  CHECK(idle.front()->closed());
  CHECK(eventually(20s, [&] { return idle.back()->closed(); }));
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(took > 9s);
  CHECK(took < 16s);
  if (insecure) return;
  // All these connections are counted, with at most two lines for each reason.
  const auto closed = [&] {
    return pair.refusals("too many at once").second + pair.refusals("it did not end the handshake in time").second;
  };
  CHECK(eventually(15s, [&] { return closed() == 200; }));
  INFO(pair.log());
  CHECK(pair.refusals("").first <= 4);
}

TEST_CASE("a new secret counts for new connections, without a restart", "[once]") {
  Pair pair;
  // Kubernetes mounts a Secret as a link to a directory, and replaces the link.
  write_text(pair.dir() / "first/secret", secret_a);
  write_text(pair.dir() / "second/secret", secret_b);
  std::filesystem::create_symlink("first", pair.dir() / "..data");
  std::filesystem::create_symlink("..data/secret", pair.dir() / "mounted");
  pair.start_donor(by_secret(pair.dir() / "mounted"));
  CHECK_THAT(pair.ask(by_secret(pair.secret())).output, Catch::Contains(authenticated));
  std::filesystem::create_symlink("second", pair.dir() / "..new");
  std::filesystem::rename(pair.dir() / "..new", pair.dir() / "..data");
  CHECK_THAT(pair.ask(by_secret(pair.secret())).output, Catch::Contains("its secret is another one"));
  CHECK_THAT(pair.ask(by_secret(pair.dir() / "other-secret")).output, Catch::Contains(authenticated));
  CHECK_THAT(pair.log(), Catch::Contains("tls: took the new secret"));
}

TEST_CASE("certificates of a new CA take the place of the old ones without a gap", "[once]") {
  Pair pair;
  const TestCa old_ca(pair.dir() / "old-ca");
  const TestCa new_ca(pair.dir() / "new-ca");
  const std::string names = "IP:" + TestSet::address(0) + ",IP:" + TestSet::address(1);
  const TlsFiles old_files = old_ca.issue("old", names);
  const TlsFiles new_files = new_ca.issue("new", names);
  // What is mounted in the donor's pod, and in the recipient's.
  const auto mounted = [&](const std::string& pod) {
    return TlsFiles{{}, pair.dir() / (pod + ".crt"), pair.dir() / (pod + ".key"), pair.dir() / (pod + "-ca.crt")};
  };
  const auto mount = [&](const std::string& pod, const TlsFiles& files, const std::string& authorities) {
    write_text(mounted(pod).certificate, read_text(files.certificate));
    write_text(mounted(pod).key, read_text(files.key));
    write_text(mounted(pod).ca, authorities);
  };
  const std::string only_old = read_text(old_ca.file());
  const std::string only_new = read_text(new_ca.file());
  const auto asks = [&] { return pair.ask(by_certificate(mounted("recipient"))).output; };
  mount("donor", old_files, only_old);
  mount("recipient", old_files, only_old);
  pair.start_donor(by_certificate(mounted("donor")));
  CHECK_THAT(asks(), Catch::Contains(authenticated));
  INFO("first both CAs in each pod, then the certificates, then the new CA alone; the pods change one after the other");
  for (const auto& [files, authorities] : std::vector<std::pair<TlsFiles, std::string>>{
           {old_files, only_old + only_new}, {new_files, only_old + only_new}, {new_files, only_new}})
    for (const char* pod : {"donor", "recipient"}) {
      mount(pod, files, authorities);
      CHECK(eventually(10s, [&] { return asks().find(authenticated) != std::string::npos; }));
    }
  INFO("the old certificate is worth nothing any more");
  mount("recipient", old_files, only_old + only_new);
  CHECK_THAT(asks(), !Catch::Contains(authenticated));
}

TEST_CASE("the clone plugin moves no data without TLS, unless the set is insecure", "[plugin]") {
  TestSet set;
  write_text(set.config_map() / "primary.cnf", "[mysqld]\ntls_version=\n");
  set.start_pod(0);
  set.wait_clonable(0);
  REQUIRE(set.init(1).exit_code == 0);
  const Ran refused = set.clone(1, {"--donor-wait", "500ms"});
  INFO(refused.output);
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.output, Catch::Contains("by the clone plugin failed") && Catch::Contains("SSL"));
  CHECK_FALSE(std::filesystem::exists(set.data(1) / "ibdata1"));
}

TEST_CASE("pods clone from one another in every mode", "[family]") {
  TestSet set(GENERATE(Security::certificates, Security::insecure));
  set.start_pods(2);
  set.make_rows(200);
  set.expect_same_rows(1);
}
