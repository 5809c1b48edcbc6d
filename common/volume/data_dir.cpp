#include "common/volume/data_dir.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <regex>

#include "common/backup/backup_metadata.hpp"
#include "common/base/error.hpp"
#include "common/base/file.hpp"

namespace mysql_agent {
namespace fs = std::filesystem;
namespace {

// Files that show that a first initialisation came to its end, or that a server has started on the data. No backup tool
// copies them. On MariaDB 10.11 and 11.8 mariadb-install-db writes the upgrade mark last (in 11.x with the new name),
// and each start of a server writes multi-master.info. Two files show nothing: ddl_recovery.log exists from the first
// moment, and MySQL writes auto.cnf first of all.
constexpr std::array server_marks{"multi-master.info", "mysql_upgrade_info", "mariadb_upgrade_info", "relay-log.info",
                                  "master.info"};

bool has_bytes(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) > 0;
}

// Why the first initialisation did not come to its end; nullopt: it did.
std::optional<std::string> cut_initialisation(const fs::path& root) {
  // MySQL 5.7 to 9.7 make sys/ last, after all system tables and root's account (seen on 9.7, by kills).
  if (fs::exists(root / "auto.cnf"))
    return fs::is_directory(root / "sys")
               ? std::nullopt
               : std::optional<std::string>(
                     "it has no sys/ directory, which mysqld --initialize makes last: it was cut short (or somebody "
                     "has dropped that schema: make the directory again)");
  for (const char* mark : server_marks)
    if (fs::exists(root / mark)) return std::nullopt;
  return "it has neither a backup's checkpoint file nor a trace of a server that ran on it, or of a first "
         "initialisation that came to its end";
}

// The first names that are not the agent's or mkfs's, for people.
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 5;
  std::string out;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (reserved_names::contains(name)) continue;
    if (count < most) out += (count == 0 ? "" : ", ") + name;
    ++count;
  }
  return count > most ? out + " and " + std::to_string(count - most) + " more" : out;
}

// What the data lacks to be complete; nullopt: nothing.
std::optional<std::string> missing_part(const fs::path& root, const std::vector<std::string>& names) try {
  if (!fs::is_directory(root / "mysql")) return "it has no mysql/ directory, and holds " + some_of(names);
  if (!has_bytes(root / "ibdata1")) return "ibdata1 is missing or empty";
  if (const auto checkpoints = read_backup_checkpoints(root)) {
    if (!checkpoints->prepared())
      return checkpoints->file + " says backup_type = " + checkpoints->backup_type + ": the backup was never prepared";
    return std::nullopt;
  }
  // From 8.0.30 on MySQL keeps its redo log in a directory. All other servers have ib_logfile0.
  if (!has_bytes(root / "ib_logfile0") && !fs::is_directory(root / "#innodb_redo"))
    return "it has no redo log (ib_logfile0 or #innodb_redo)";
  return cut_initialisation(root);
} catch (const Error& error) {
  return error.what();  // the checkpoint file is cut
}

// MariaDB and MySQL 5.7 have the system tables in mysql/, MySQL 8.0 and later has them in mysql.ibd too. A name counts
// whatever it is: a link may lead to a volume that is missing for the moment.
bool has_no_system_schema(const std::vector<std::string>& names) {
  return std::none_of(names.begin(), names.end(),
                      [](const std::string& name) { return name == "mysql" || name == "mysql.ibd"; });
}

// A copy can be made again. So the hint differs from the hint of read_state, which is about data.
std::optional<AgentState> read_copy_state(const DataDir& dir, const std::string& pod) {
  try {
    return read_state(dir.copy_state_file(), pod);
  } catch (const Error& error) {
    throw Error(error.code(), error.what(),
                "remove this file: then the unfinished copy is thrown away, and the data stays as it is");
  }
}

// Bytes of the files below `root`, without the files and directories whose name `counts` rejects.
template <typename Counts>
std::uint64_t bytes_below(const fs::path& root, Counts counts) {
  std::uint64_t bytes = 0;
  std::error_code error;
  fs::recursive_directory_iterator it(root, fs::directory_options::skip_permission_denied, error), end;
  while (!error && it != end) {
    const bool skip = !counts(it->path().filename().string());
    if (skip) it.disable_recursion_pending();
    // A running server can drop a file at any time. A missing file counts as 0 bytes.
    std::error_code gone;
    if (!skip && it->is_regular_file(gone)) {
      const auto size = it->file_size(gone);
      if (!gone) bytes += size;
    }
    it.increment(error);
  }
  return bytes;
}

void write_agent_file(const DataDir& dir, const fs::path& file, const std::string& text) {
  const Owner owner = owner_of(dir.root);
  make_directory(dir.agent(), owner);
  write_file_durably(file, text, 0640, owner);
}

// False: the file did not exist.
bool remove_agent_file(const DataDir& dir, const fs::path& file) {
  if (::unlink(file.c_str()) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return false;
    throw failed("cannot remove " + file.string() + ": " + errno_text(errno), "look at the volume, and at who owns it");
  }
  sync_directory(dir.agent());
  return true;
}

// The position in the first of these files that is whole: *_slave_info, change_master_to.sql.in, *_binlog_info.
//
// The tutorial's sidecar works as follows. If *_slave_info has a text, it writes change_master_to.sql.in from that
// text, and then removes *_slave_info and *_binlog_info, in this order. Else it reads *_binlog_info, removes both
// files, and writes change_master_to.sql.in. The sidecar can be killed at any moment of this. So *_slave_info counts
// before the SQL, which can be cut while *_slave_info exists. The SQL counts before *_binlog_info, which is about the
// donor's own log.
std::optional<Position> tutorial_position(const fs::path& root) {
  for (const char* name : {"mariadb_backup_slave_info", "xtrabackup_slave_info", "change_master_to.sql.in"}) {
    if (!fs::is_regular_file(root / name)) continue;  // a directory with this name is a database
    const auto text = read_file_if_exists(root / name, 1 << 20);
    if (!text) continue;
    try {
      // A cut offset looks like a whole offset. But all writers of these files end the line.
      if (text->ends_with('\n'))
        if (auto position = parse_replica_info(*text)) return position;
    } catch (const Error&) {
      // The file is damaged. The next file may still have the position.
    }
    // If the SQL exists, *_binlog_info is left only if there was a *_slave_info: then the donor's own log does not
    // count.
    if (std::string_view(name) == "change_master_to.sql.in") return std::nullopt;
  }
  try {
    const auto found = read_backup_position(root);
    return found && !found->of_source ? std::optional(found->position) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

void check_is_there(const DataDir& dir) {
  std::error_code error;
  if (!fs::is_directory(dir.root, error))
    throw usage_error("the data directory " + dir.root.string() + " is not there",
                      "mount the volume, or set --data-dir");
}

DataDirFacts inspect_data_dir(const DataDir& dir, const std::string& pod) {
  check_is_there(dir);
  DataDirFacts facts;
  facts.state = read_state(dir.state_file(), pod);
  facts.request = read_reclone_request(dir.reclone_taken(), pod);
  if (!facts.request) facts.request = read_reclone_request(dir.reclone_request(), pod);
  facts.copy = read_copy_state(dir, pod);
  facts.set_evidence = read_set_evidence(dir.set_evidence(), pod);
  const auto names = list_directory(dir.root);
  const bool empty = std::all_of(names.begin(), names.end(), reserved_names::contains);
  if (empty) return facts;
  const std::optional<std::string> missing = missing_part(dir.root, names);
  facts.content = missing ? Content::incomplete : Content::complete;
  facts.only_remains = missing && has_no_system_schema(names);
  facts.content_reason = missing.value_or("system tables, InnoDB files and the marks of a finished start are there");
  if (facts.content == Content::complete && !facts.state) facts.position = tutorial_position(dir.root);
  return facts;
}

void write_state(const DataDir& dir, const AgentState& state) {
  write_agent_file(dir, dir.state_file(), state_text(state));
}

void write_copy_state(const DataDir& dir, const AgentState& state) {
  write_agent_file(dir, dir.copy_state_file(), state_text(state));
}

void write_set_evidence(const DataDir& dir, const std::string& pod, const std::vector<SetEvidence>& evidence) {
  write_agent_file(dir, dir.set_evidence(), set_evidence_text(pod, evidence));
}

void remove_set_evidence(const DataDir& dir) {
  remove_tree(dir.set_evidence());
  sync_directory(dir.agent());
}

void write_reclone_request(const DataDir& dir, const RecloneRequest& request) {
  write_agent_file(dir, dir.reclone_request(), reclone_request_text(request));
}

void write_release_request(const DataDir& dir, const ReleaseRequest& request) {
  write_agent_file(dir, dir.release_request(), release_request_text(request));
}

bool take_reclone_request(const DataDir& dir) {
  // If the request is taken and withdrawn at the same moment, the rename or the unlink fails, and the other holds.
  if (std::rename(dir.reclone_request().c_str(), dir.reclone_taken().c_str()) != 0) {
    if (errno == ENOENT) return fs::exists(dir.reclone_taken());
    throw failed("cannot rename " + dir.reclone_request().string() + ": " + errno_text(errno), "look at the volume");
  }
  sync_directory(dir.agent());
  return true;
}

bool withdraw_reclone_request(const DataDir& dir) {
  return remove_agent_file(dir, dir.reclone_request());
}

void write_pause_request(const DataDir& dir, const PauseRequest& request) {
  write_agent_file(dir, dir.pause_request(), pause_request_text(request));
}

bool withdraw_pause_request(const DataDir& dir) {
  return remove_agent_file(dir, dir.pause_request());
}

void finish_reclone(const DataDir& dir) {
  for (const fs::path& file :
       {dir.copy_state_file(), dir.reclone_request(), dir.reclone_taken(), dir.release_request()})
    remove_tree(file);
  sync_directory(dir.agent());
}

std::vector<std::string> list_set_aside(const DataDir& dir) {
  std::error_code error;
  return fs::is_directory(dir.set_aside(), error) ? list_directory(dir.set_aside()) : std::vector<std::string>();
}

std::uint64_t clone_size_estimate(const DataDir& dir) {
  // The usual names of binary and relay logs; and the redo log, of which a backup carries only the end.
  static const std::regex logs(".*(bin|log|relay)[^.]*\\.([0-9]{6,}|index|state)|ib_logfile.*|ibtmp.*|.*\\.pid");
  return bytes_below(dir.root, [](const std::string& name) {
    return name != reserved_names::agent && name != "#innodb_redo" && name != "#innodb_temp" &&
           !std::regex_match(name, logs);
  });
}

std::uint64_t data_size(const DataDir& dir) {
  return bytes_below(dir.root, [](const std::string& name) { return !reserved_names::contains(name); });
}

}  // namespace mysql_agent
