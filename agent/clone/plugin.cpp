#include "agent/clone/plugin.hpp"

#include <optional>
#include <string>

#include "agent/clone/prepare.hpp"
#include "agent/clone/receive.hpp"
#include "agent/clone/stall_watch.hpp"
#include "common/backup/clone_protocol.hpp"
#include "common/base/component.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/error.hpp"
#include "common/base/log.hpp"
#include "common/net/http_client.hpp"
#include "common/server/gtid.hpp"

namespace mysql_agent {
namespace {

constexpr const char* load_plugin = "--plugin-load-add=mysql_clone.so";
constexpr std::chrono::seconds no_timeout{0};  // for the statement that lasts as long as the transfer
constexpr std::chrono::seconds statement_timeout{5};
constexpr std::chrono::milliseconds look_every{100};  // the server counts once a second
constexpr std::chrono::minutes end_within{10};        // it writes back what it has

// Asks for the transfer's progress in a second session, while the first session waits for its end.
class TransferLook {
 public:
  TransferLook(const StagingServer& server, ReceiveProgress& progress) : server_(server), progress_(progress) {}

  // Whether the transfer goes on: bytes arrived, the stage changed, or the stage moves no bytes.
  bool goes_on() {
    try {
      if (!client_) client_.emplace(server_.login(), statement_timeout);
      const auto rows = client_->query(clone_progress());
      const std::uint64_t bytes = std::stoull(rows.at(0).at("bytes").value_or("0"));
      const std::string stage = rows.at(0).at("stage").value_or("");
      if (stage == clone_copy_stage) crash_point("clone.receiving");
      const bool moved = bytes != progress_.bytes || stage != stage_;
      progress_.bytes = bytes;
      stage_ = stage;
      return moved || stage == clone_sync_stage;
    } catch (const std::exception&) {
      client_.reset();
      return false;  // the server ends, or it hangs
    }
  }

 private:
  const StagingServer& server_;
  ReceiveProgress& progress_;
  std::optional<MysqlClient> client_;
  std::string stage_;
};

// The server's own text about a clone that failed. The error of the statement has the number alone.
std::string failure_text(const StagingServer& server) {
  try {
    const auto rows = MysqlClient(server.login(), statement_timeout).query(clone_status());
    if (!rows.empty() && rows.front().at("error"))
      return rows.front().at("error_number").value_or("") + " " + *rows.front().at("error");
  } catch (const std::exception&) {
    // Without that text the number has to do.
  }
  return "";
}

// MySQL 9.7 wraps the error of its donor: 3862 "Clone Donor Error: 3634 : Too many concurrent clone operations".
bool donor_is_busy(int number, const std::string& text) {
  return number == server_error::clone_busy ||
         (number == server_error::clone_donor_failed &&
          text.find(" " + std::to_string(server_error::clone_busy) + " :") != std::string::npos);
}

// Returns when the server ends after a complete clone. Without a supervisor a server cannot start itself again. It says
// so with error 3707, or is gone before it can say it.
void run_clone(StagingServer& server, const PluginClone& clone, ReceiveProgress& progress) {
  MysqlClient client(server.login(), no_timeout);
  client.execute(take_bytes_as_they_are());
  client.execute(allow_clone_donor(clone.donor.host, clone.donor.port));
  TransferLook look(server, progress);
  StallWatch watch({.goes_on = [&look] { return look.goes_on(); },
                    .kill = [&server] { server.kill(); },
                    .look_every = look_every,
                    .stall_timeout = clone.stall_timeout});
  const std::string where = clone.donor.host + ":" + std::to_string(clone.donor.port);
  crash_point("plugin.cloning");
  try {
    client.execute_unlogged(clone_instance(clone.donor, clone.require_tls));
  } catch (const SqlError& error) {
    watch.stop();
    if (watch.stalled())
      throw StallError(
          "the clone from " + where + " by the clone plugin stalled after " + std::to_string(progress.bytes) + " bytes",
          clone_protocol::again_hint);
    const bool server_gone = error.number() == server_error::restart_failed || error.is_from_client();
    if (!server_gone) {
      const std::string why = failure_text(server);
      const std::string what =
          "the clone from " + where + " by the clone plugin failed: " + (why.empty() ? error.what() : why);
      if (donor_is_busy(error.number(), what))
        throw DonorRefusal(what, "the donor serves another clone: this one is tried again");
      throw failed(what,
                   "look at the donor's server log; its account for clones needs the password of --clone-password-file "
                   "and BACKUP_ADMIN");
    }
  }
}

}  // namespace

void clone_by_plugin(const PluginClone& clone, ReceiveProgress& progress) {
  initialize_staging(clone.server);
  crash_point("plugin.initialized");
  StagingServer server(clone.server, {load_plugin});
  run_clone(server, clone, progress);
  const auto code = server.wait_for(end_within);
  if (code != 0)
    throw failed(
        "the server that took the clone " +
            (code ? "ended with exit code " + std::to_string(*code) + ": " + server.last_log_lines() : "did not end"),
        "nothing was published; the clone is tried again");
  log_event(LogLevel::info, component::clone, "the server that took the clone ended, as it does after a complete one");
}

namespace {

// The donor finds such tables before a clone begins. One that was made since then is in the copy, without its rows.
void refuse_empty_tables(MysqlClient& client) {
  std::string names;
  for (const Row& row : client.query(tables_that_clones_leave_empty()))
    names += (names.empty() ? "" : ", ") + row.at("name").value_or("");
  if (!names.empty())
    throw CopyUnusable("the copy lacks the rows of tables that are not InnoDB's: " + names,
                       "ALTER TABLE ... ENGINE=InnoDB on the primary; the next start clones again");
}

// Reads the position of the copy. Throws CopyUnusable where the server on the copy says that the clone is not complete.
PluginCopy read_copy(MysqlClient& client) {
  const auto rows = client.query(clone_status());
  const std::string state = rows.empty() ? "no clone" : rows.front().at("state").value_or("");
  if (state != "Completed")
    throw CopyUnusable("the server on the copy says of the clone: " + state +
                           (rows.empty() ? ""
                                         : ", error " + rows.front().at("error_number").value_or("") + " " +
                                               rows.front().at("error").value_or("")),
                       "the next start clones again");
  const Row& row = rows.front();
  const GtidPosition cloned = GtidPosition::parse(Flavour::mysql, row.at("gtids").value_or(""));
  const GtidPosition has = GtidPosition::parse(Flavour::mysql, row.at("executed").value_or(""));
  if (!has.covers(cloned))
    throw CopyUnusable("the copy has " + has.text() + ", and its clone was at " + cloned.text(),
                       "the next start clones again");
  PluginCopy copy;
  copy.position.gtid = cloned.text();
  copy.position.binlog_file = row.at("binlog_file").value_or("");
  copy.position.binlog_offset = std::stoull(row.at("binlog_offset").value_or("0"));
  copy.bytes = std::stoull(client.query(clone_progress()).at(0).at("bytes").value_or("0"));
  return copy;
}

}  // namespace

PluginCopy confirm_plugin_clone(const StagingServerOptions& options) {
  // The copy has the accounts of the donor. Without grant tables no password is needed, and nobody else reaches the
  // socket.
  StagingServer server(options, {load_plugin, "--skip-grant-tables"});
  PluginCopy copy;
  {
    // This session is closed before the server is stopped: the server would wait two seconds for its end.
    MysqlClient client(server.login(), statement_timeout);
    copy = read_copy(client);
    refuse_empty_tables(client);
  }
  server.stop();
  crash_point("plugin.confirmed");
  return copy;
}

std::string own_transactions_of_clone(const PluginCopy& copy, std::string_view donor_uuid) {
  if (donor_uuid.empty()) return "";
  return MysqlGtidSet::parse(copy.position.gtid).of_server(donor_uuid).text();
}

}  // namespace mysql_agent
