#include "tests/support/client.hpp"

#include <algorithm>
#include <set>

namespace mysql_agent::test {

namespace {

constexpr const char* client_password = "password-of-a-client";

ServerLogin client_login(const TestSet& set) {
  return set.login_as(0, "client", client_password);
}

std::set<std::string> column(const TestSet& set, int ordinal, const std::string& query, const std::string& name) {
  std::set<std::string> values;
  MysqlClient client(set.login(ordinal), std::chrono::seconds(30));
  for (const Row& row : client.query(query)) values.insert(row.at(name).value_or("NULL"));
  return values;
}

}  // namespace

void Client::prepare(const TestSet& set) {
  set.sql(0, "CREATE DATABASE IF NOT EXISTS test");
  set.sql(0, "CREATE TABLE test.acknowledged (id VARCHAR(40) PRIMARY KEY)");
  set.sql(0, std::string("CREATE USER client@'%' IDENTIFIED BY '") + client_password + "'");
  set.sql(0, "GRANT ALL ON test.* TO client@'%'");
}

Client::Client(const TestSet& set)
    : set_(set), thread_([this] {
        const std::string name = "client-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + "-";
        for (int number = 0; !stop_;) {
          try {
            MysqlClient client(client_login(set_), std::chrono::seconds(10));
            while (!stop_) {
              // Each try has an id of its own: whether one without an answer was committed nobody knows.
              const std::string id = name + std::to_string(++number);
              client.execute("INSERT INTO test.acknowledged VALUES ('" + id + "')");
              ids_.push_back(id);
              ++acknowledged_;
              std::this_thread::sleep_for(std::chrono::milliseconds(2));
            }
          } catch (const Error&) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
          }
        }
      }) {}

Client::~Client() {
  stop();
}

std::vector<std::string> Client::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  return ids_;
}

std::vector<std::string> Client::missing(const TestSet& set, int ordinal, const std::vector<std::string>& ids) {
  const auto have = column(set, ordinal, "SELECT id FROM test.acknowledged", "id");
  std::vector<std::string> missing;
  std::copy_if(ids.begin(), ids.end(), std::back_inserter(missing), [&](const auto& id) { return !have.contains(id); });
  return missing;
}

}  // namespace mysql_agent::test
