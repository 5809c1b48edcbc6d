#include "common/server/option_file.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>

using namespace mysql_agent;

namespace {

ServerLogin login(const std::string& password) {
  ServerLogin out;
  out.password = Secret(password);
  return out;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("each role has its option file") {
  CHECK(std::string(role_option_file(Role::primary)) == "primary.cnf");
  CHECK(std::string(role_option_file(Role::replica)) == "replica.cnf");
}

TEST_CASE("the server id is one option of mysqld") {
  CHECK(server_id_options(107) ==
        "# Written by mysql-agent init-mysql at every start of the pod.\n[mysqld]\nserver-id=107\n");
}

TEST_CASE("servers read the agent's file before the role's and the server id last") {
  CHECK(std::string(option_files::agent) < option_files::primary);
  CHECK(std::string(option_files::agent) < option_files::replica);
  CHECK(std::string(option_files::primary) < option_files::server_id);
  CHECK(std::string(option_files::replica) < option_files::server_id);
}

TEST_CASE("a server never starts replication itself and ignores the agent's directory") {
  for (const char* name : {"mysql-0", "mysql-1"}) {
    const std::string text = agent_options({parse_pod_name(name)});
    CHECK(text.find("[mysqld]\n") != std::string::npos);
    for (const char* line :
         {"loose_skip_slave_start=ON", "loose_skip_replica_start=ON", "loose_ignore_db_dirs=.mysql-agent",
          "loose_ignore_db_dirs=lost+found", "loose_ignore_db_dir=.mysql-agent", "loose_ignore_db_dir=lost+found",
          "log_bin=binlog", "relay_log=relay-bin", "loose_log_slave_updates=ON", "loose_log_replica_updates=ON",
          "loose_binlog_format=ROW", "loose_relay_log_recovery=ON", "loose_gtid_strict_mode=ON", "loose_gtid_mode=ON",
          "loose_enforce_gtid_consistency=ON", "sync_binlog=1", "innodb_flush_log_at_trx_commit=1"}) {
      INFO(line);
      CHECK(has_line(text, line));
    }
  }
}

TEST_CASE("a server fails to start on no option of the agent: what not all of them know is loose_") {
  const std::set<std::string> known_to_all{
      "log_bin",     "relay_log", "sync_binlog",    "innodb_flush_log_at_trx_commit",
      "report_host", "read_only", "event_scheduler"};
  std::istringstream lines(agent_options({parse_pod_name("mysql-1")}));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#') || line == "[mysqld]") continue;
    INFO(line);
    CHECK((line.starts_with("loose_") || known_to_all.count(line.substr(0, line.find('='))) == 1));
  }
}

TEST_CASE("an entrypoint gets the options without what refuses even root, and all the others") {
  const std::string options = agent_options({parse_pod_name("mysql-0")});
  const std::string changed = without_super_read_only(options);
  CHECK_FALSE(has_line(changed, "loose_super_read_only=ON"));
  CHECK(has_line(changed, "read_only=ON"));
  CHECK(changed.size() == options.size() - std::string("loose_super_read_only=ON\n").size());
  CHECK(without_super_read_only(changed) == changed);
}

TEST_CASE("every server starts read only, and replicas run no events") {
  const std::string primary = agent_options({parse_pod_name("mysql-0")});
  const std::string replica = agent_options({parse_pod_name("mysql-1")});
  CHECK(has_line(primary, "read_only=ON"));
  CHECK(has_line(primary, "loose_super_read_only=ON"));
  CHECK(primary.find("event_scheduler") == std::string::npos);
  CHECK(has_line(replica, "event_scheduler=OFF"));
  CHECK(has_line(replica, "read_only=ON"));
  CHECK(has_line(replica, "loose_super_read_only=ON"));
  CHECK(primary.find("master_retry_count") == std::string::npos);
  CHECK(has_line(replica, "loose_master_retry_count=1"));
  CHECK(has_line(replica, "report_host=mysql-1.mysql"));
  CHECK(has_line(primary, "report_host=mysql-0.mysql"));
}

TEST_CASE("the tool logs in by TCP, or by the socket alone where there is one") {
  CHECK(tool_login_options(login("secret"), Flavour::mariadb) ==
        "[client]\nuser=\"root\"\npassword=\"secret\"\nprotocol=tcp\nhost=\"127.0.0.1\"\nport=3306\n");
  ServerLogin by_socket = login("secret");
  by_socket.socket = "/run/mysqld/mysqld.sock";
  for (const Flavour tool : {Flavour::mariadb, Flavour::mysql})
    CHECK(tool_login_options(by_socket, tool) ==
          "[client]\nuser=\"root\"\npassword=\"secret\"\nsocket=\"/run/mysqld/mysqld.sock\"\n");
}

TEST_CASE("the tool logs in by TLS where the agent does, in its own words") {
  const auto added = [](const ServerLogin& changed, Flavour tool) {
    ServerLogin plain = changed;
    plain.tls = false;
    plain.tls_ca.clear();
    const std::string before = tool_login_options(plain, Flavour::mariadb);
    const std::string text = tool_login_options(changed, tool);
    REQUIRE(text.starts_with(before));
    return text.substr(before.size());
  };
  for (const char* socket : {"", "/s"}) {
    ServerLogin by = login("secret");
    by.socket = socket;
    // Without TLS the password is encrypted with the server's key. On a socket nobody reads along.
    CHECK(added(by, Flavour::mysql) == (by.socket.empty() ? "loose_get-server-public-key\n" : ""));
    CHECK(added(by, Flavour::mariadb).empty());
    by.tls = true;
    CHECK(added(by, Flavour::mysql) == "ssl-mode=REQUIRED\n");
    CHECK(added(by, Flavour::mariadb) == "ssl\nssl-verify-server-cert=0\n");
    for (const bool tls : {true, false}) {
      by.tls = tls;
      by.tls_ca = "/tls/my \"ca\".pem";
      CHECK(added(by, Flavour::mysql) == "ssl-mode=VERIFY_CA\nssl-ca=\"/tls/my \\\"ca\\\".pem\"\n");
      CHECK(added(by, Flavour::mariadb) == "ssl\nssl-ca=\"/tls/my \\\"ca\\\".pem\"\n");
    }
  }
}

TEST_CASE("a password keeps its bytes in an option file") {
  const auto password_line = [](const std::string& password) {
    const std::string text = tool_login_options(login(password), Flavour::mariadb);
    const std::size_t from = text.find("password=");
    return text.substr(from, text.find('\n', from) - from);
  };
  CHECK(password_line("") == R"(password="")");
  CHECK(password_line("a b # no 'comment'") == R"(password="a b # no 'comment'")");
  CHECK(password_line(R"(q"b\s)") == R"(password="q\"b\\s")");
  CHECK(password_line("\n\r\t\b") == R"(password="\n\r\t\b")");
  CHECK(password_line("100%s \xf0\x9f\x94\x91") == "password=\"100%s \xf0\x9f\x94\x91\"");
}

TEST_CASE("whether an option file switches events on is read as a server reads it") {
  for (const char* text : {"[mysqld]\nevent_scheduler=ON\n", "event-scheduler = 1", " loose_event_scheduler",
                           "EVENT_SCHEDULER=on # jobs", "event_scheduler=OFF\nevent_scheduler='ON'\n"}) {
    INFO(text);
    CHECK(runs_events(text));
  }
  for (const char* text : {"", "[mysqld]\n", "# event_scheduler=ON", "event_scheduler=OFF", "event_scheduler=DISABLED",
                           "event_scheduler=ON\nevent_scheduler=0\n", "my_event_scheduler=ON"}) {
    INFO(text);
    CHECK_FALSE(runs_events(text));
  }
  const std::string off = without_events("[mysqld]\nserver-id=100\n");
  CHECK_THAT(off, Catch::StartsWith("[mysqld]\nserver-id=100\n") && Catch::EndsWith("\nevent_scheduler=OFF\n"));
  CHECK(without_events(off) == off);
}

TEST_CASE("the buffer pool is half of the server's memory, and leaves room for what a server has beside it") {
  constexpr std::uint64_t mib = 1ULL << 20;
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> pools{
      {0, 0},       {64, 0},      {896, 0},     {1024, 256},    {1100, 256}, {1536, 768},
      {2048, 1024}, {3000, 1408}, {4096, 2048}, {65536, 32768}, {1023, 0},   {1152, 384}};
  for (const auto& [memory, pool] : pools) {
    INFO(memory << " MiB");
    CHECK(buffer_pool_for(memory * mib) == pool * mib);
  }
  CHECK(has_line(agent_options({parse_pod_name("mysql-0")}, 1024 * mib), "innodb_buffer_pool_size=1073741824"));
  CHECK(agent_options({parse_pod_name("mysql-0")}).find("buffer_pool") == std::string::npos);
}
