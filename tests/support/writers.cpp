#include "tests/support/writers.hpp"

namespace mysql_agent::test {
namespace {

constexpr std::chrono::seconds statement_within{10};
constexpr std::chrono::milliseconds between_inserts{8};
constexpr std::chrono::milliseconds between_definitions{250};
constexpr const char* user_name = "writer";
constexpr const char* user_password = "password-of-a-writer";
// A client's ids begin here, times its number.
constexpr std::uint64_t ids_of_client = 1'000'000'000;

// An application's account. MariaDB's read_only does not stop root.
ServerLogin user_login(const TestSet& set) {
  return set.login_as(0, user_name, user_password);
}

}  // namespace

Writers::Writers(const TestSet& set) : set_(set) {
  set.sql(0, "CREATE DATABASE IF NOT EXISTS random");
  set.sql(0, std::string("CREATE USER ") + user_name + "@'%' IDENTIFIED BY '" + user_password + "'");
  set.sql(0, std::string("GRANT ALL ON random.* TO ") + user_name + "@'%'");
  set.sql(0, "CREATE TABLE random.rows_of (id BIGINT PRIMARY KEY, body VARCHAR(100) NOT NULL) ENGINE=InnoDB");
  for (std::size_t number = 0; number < clients; ++number) {
    next_id_[number] = ids_of_client * (number + 1);
    threads_.emplace_back([this, number] {
      run(number, between_inserts, [this, number](MysqlClient& client) { insert(client, number); });
    });
  }
  threads_.emplace_back([this] { run(clients, between_definitions, [this](MysqlClient& client) { define(client); }); });
}

Writers::~Writers() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
}

template <typename Act>
void Writers::run(std::size_t thread, std::chrono::milliseconds between, Act act) {
  while (!stop_) {
    try {
      idle_[thread] = false;  // before the look at `paused_`: whoever has set that finds it
      if (paused_) {
        idle_[thread] = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        continue;
      }
      MysqlClient client(user_login(set_), statement_within);
      while (!stop_ && !paused_) {
        act(client);
        std::this_thread::sleep_for(between);
      }
    } catch (const Error&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

void Writers::insert(MysqlClient& client, std::size_t number) {
  // Some transactions are longer, and a few come to nothing. An id is used once, acknowledged or not.
  const std::uint64_t first = next_id_[number];
  const bool is_long = first % 10 == 0;
  const std::uint64_t last = is_long ? first + 4 : first;
  next_id_[number] = last + 1;
  const bool rolled_back = first % 70 == 0;
  if (is_long) client.execute("START TRANSACTION");
  for (std::uint64_t id = first; id <= last; ++id)
    client.execute("INSERT INTO random.rows_of VALUES (" + std::to_string(id) + ", CONCAT(UUID(), RAND()))");
  if (rolled_back) return client.execute("ROLLBACK");
  if (is_long) client.execute("COMMIT");
  acknowledge(number, first, last);
}

void Writers::acknowledge(std::size_t number, std::uint64_t first, std::uint64_t last) {
  const std::lock_guard lock(mutex_);
  auto& ranges = ranges_[number];
  if (!ranges.empty() && ranges.back().second + 1 == first) ranges.back().second = last;
  else ranges.emplace_back(first, last);
  acknowledged_ += last - first + 1;
}

// The life of a table, one statement at a time. Some of them stay, with their new name.
void Writers::define(MysqlClient& client) {
  const std::uint64_t number = next_definition_++;
  const std::uint64_t table = number / 6;
  const std::string name = "random.scratch_" + std::to_string(table);
  const std::string renamed = "random.renamed_" + std::to_string(table);
  switch (number % 6) {
    case 0: client.execute("CREATE TABLE " + name + " (id INT AUTO_INCREMENT PRIMARY KEY, body VARCHAR(50))"); break;
    case 1: client.execute("INSERT INTO " + name + " (body) VALUES (UUID()), (UUID()), (UUID())"); break;
    case 2: client.execute("ALTER TABLE " + name + " ADD COLUMN more INT NOT NULL DEFAULT 7"); break;
    case 3: client.execute("RENAME TABLE " + name + " TO " + renamed); break;
    case 4: client.execute("INSERT INTO " + renamed + " (body, more) VALUES (UUID(), 8)"); break;
    default:
      if (table % 8 != 0) client.execute("DROP TABLE " + renamed);
      if (table >= 80 && table % 8 == 0)
        client.execute("DROP TABLE IF EXISTS random.renamed_" + std::to_string(table - 80));
  }
  ++definitions_;
}

bool Writers::pause() {
  paused_ = true;
  return eventually(std::chrono::minutes(1), [&] {
    for (const auto& idle : idle_)
      if (!idle) return false;
    return true;
  });
}

std::string Writers::missing() const {
  const std::lock_guard lock(mutex_);
  MysqlClient client(set_.login(0), std::chrono::seconds(60));
  std::string out;
  for (const auto& ranges : ranges_)
    for (const auto& [first, last] : ranges) {
      const auto rows = client.query("SELECT COUNT(*) AS present FROM random.rows_of WHERE id BETWEEN " +
                                     std::to_string(first) + " AND " + std::to_string(last));
      const std::string present = rows.at(0).at("present").value_or("0");
      if (present != std::to_string(last - first + 1))
        out += "of the acknowledged rows " + std::to_string(first) + " to " + std::to_string(last) + " it has " +
               present + "\n";
    }
  return out;
}

}  // namespace mysql_agent::test
