#include "agent/pod/hold.hpp"

#include <algorithm>

namespace mysql_agent {
namespace {

// The old data is the last copy of what the primary alone has, so it is kept.
constexpr const char* recover_primary =
    "move the primary's data to another place, keep it, and start the primary with --on-lost-primary=recover";

std::string or_none(const std::string& gtids) {
  return gtids.empty() ? "none" : gtids;
}

std::string save_and_clone_again(const Hold& hold) {
  return ", of all that it has: " + or_none(hold.beside) + "; save what they wrote, then " + clone_it_again;
}

std::string other_set_text(const Hold& hold) {
  return "the primary's data is of another set (" + hold.gtids + ", this replica's is of " + hold.beside +
         "): it was begun anew, and does not continue what is here. If the primary is right, " + clone_it_again +
         "; if this replica is right, " + recover_primary;
}

std::string own_transactions_text(const Hold& hold) {
  const std::string begin = "this replica has transactions of its own that the source has not: " + hold.gtids;
  if (hold.harmless)
    return begin +
           "; they changed nothing, and are taken out as soon as no other program reads this server's binary log "
           "(SHOW PROCESSLIST: Binlog Dump)";
  return begin + (hold.detail.empty() ? "" : "; the first that changed something is " + hold.detail) +
         (hold.init_file ? "; init_file, which this server runs at each start, may have written them" : "") +
         save_and_clone_again(hold) + "; if they are right as they are, mysql-agent release here";
}

// The causes of holds that last, with their names in the state file.
struct LastingCause {
  HoldCause cause;
  std::string_view name;
};
constexpr std::array lasting_causes{LastingCause{HoldCause::source_cannot_go_on, "source_cannot_go_on"},
                                    LastingCause{HoldCause::nobody_has_what_is_missing, "nobody_has_what_is_missing"},
                                    LastingCause{HoldCause::own_transactions, "own_transactions"},
                                    LastingCause{HoldCause::ahead_of_primary, "ahead_of_primary"},
                                    LastingCause{HoldCause::ahead_of_opening, "ahead_of_opening"},
                                    LastingCause{HoldCause::out_of_order, "out_of_order"}};

}  // namespace

const char* hold_kind_name(HoldKind kind) {
  switch (kind) {
    case HoldKind::state: return "state";
    case HoldKind::position: return "position";
    case HoldKind::diverged: return "diverged";
    case HoldKind::purged: return "purged";
    case HoldKind::other_set: return "other_set";
    case HoldKind::error: return "error";
  }
  return "";
}

std::optional<HoldKind> hold_kind_of(std::string_view name) {
  for (const HoldKind kind : all_hold_kinds)
    if (name == hold_kind_name(kind)) return kind;
  return std::nullopt;
}

HoldKind kind_of(HoldCause cause) {
  switch (cause) {
    case HoldCause::unfinished_clone:
    case HoldCause::primary_on_replica_volume:
    case HoldCause::no_state:
    case HoldCause::replica_on_primary_volume: return HoldKind::state;
    case HoldCause::own_transactions:
    case HoldCause::ahead_of_primary:
    case HoldCause::ahead_of_opening:
    case HoldCause::primary_and_replica_diverged:
    case HoldCause::cannot_take_back:
    case HoldCause::out_of_order: return HoldKind::diverged;
    case HoldCause::other_set:
    case HoldCause::other_set_doubtful: return HoldKind::other_set;
    case HoldCause::source_forgotten_by_file:
    case HoldCause::no_file_recorded:
    case HoldCause::no_file_known:
    case HoldCause::followed_by_file:
    case HoldCause::followed_by_file_mariadb:
    case HoldCause::clone_and_server_disagree:
    case HoldCause::position_was_reset:
    case HoldCause::adopted_without_position: return HoldKind::position;
    case HoldCause::source_cannot_go_on:
    case HoldCause::nobody_has_what_is_missing: return HoldKind::purged;
    case HoldCause::statement_refused: return HoldKind::error;
  }
  return HoldKind::error;
}

bool is_same_hold(const Hold& a, const Hold& b) {
  return a.cause == b.cause && a.gtids == b.gtids && a.error_number == b.error_number;
}

bool lasts(HoldCause cause) {
  return std::any_of(lasting_causes.begin(), lasting_causes.end(),
                     [&](const LastingCause& each) { return each.cause == cause; });
}

RecordedHold record_of(const Hold& hold) {
  RecordedHold record{.cause = "",
                      .gtids = hold.gtids,
                      .beside = hold.beside,
                      .detail = hold.detail,
                      .error_number = hold.error_number};
  for (const LastingCause& each : lasting_causes)
    if (hold.cause == each.cause) record.cause = each.name;
  return record;
}

Hold hold_of_record(const RecordedHold& record) {
  Hold hold{.cause = HoldCause::ahead_of_primary,
            .gtids = record.gtids,
            .beside = record.beside,
            .detail = record.detail,
            .error_number = record.error_number};
  for (const LastingCause& each : lasting_causes)
    if (record.cause == each.name) hold.cause = each.cause;
  return hold;
}

std::string hold_text(const Hold& hold) {
  switch (hold.cause) {
    case HoldCause::unfinished_clone:
      return "the data's state is " + hold.detail +
             ": a clone is unfinished, and a server runs; run clone-mysql before the server";
    case HoldCause::primary_on_replica_volume:
      return "the pod is the primary, and its data's state is " + hold.detail +
             ": this was a replica's volume; if it is to be the primary's, remove .mysql-agent/state.json";
    case HoldCause::no_state:
      return "the data directory has no state: clone-mysql did not run before this server, so nobody knows what of the "
             "source it has";
    case HoldCause::replica_on_primary_volume:
      return "the data is a primary's, and this pod is a replica: check --first-ordinal";
    case HoldCause::own_transactions: return own_transactions_text(hold);
    case HoldCause::ahead_of_primary:
      return "this replica has transactions that the primary has not: " + hold.gtids + save_and_clone_again(hold);
    case HoldCause::ahead_of_opening:
      return "the primary was recovered from a replica that had less: this replica has " + hold.gtids +
             save_and_clone_again(hold);
    case HoldCause::out_of_order:
      return "transactions of the source do not follow on " + hold.beside + " (error 1950: " + hold.detail +
             "): this replica has some that the source has not";
    case HoldCause::other_set: return other_set_text(hold);
    case HoldCause::other_set_doubtful:
      return other_set_text(hold) +
             "; events in this replica's relay log that are not applied may be of either set: they stay there until "
             "replication is started again";
    case HoldCause::source_forgotten_by_file:
      return std::string("the server has gtid_mode=OFF and has forgotten its source, and with it where it was; ") +
             clone_it_again;
    case HoldCause::no_file_recorded:
      return "the server has gtid_mode=OFF, and no file and offset of the source are recorded (recorded: " +
             hold.beside + "): nobody knows what of the source it has; " + clone_it_again;
    case HoldCause::no_file_known:
      return std::string("the server has gtid_mode=OFF, and it does not say how far it has got in its source's log; ") +
             clone_it_again;
    case HoldCause::followed_by_file:
      return "the server has gtid_mode=ON, and what it has came by file and offset from a source with gtid_mode=OFF: "
             "no GTID tells which of those transactions it has, and by GTID those that it lacks would be skipped. Set "
             "gtid_mode to ON_PERMISSIVE while the servers run, step by step, on the primary and here: then this "
             "server "
             "goes on by file and offset. When it has caught up, and the primary's Ongoing_anonymous_transaction_count "
             "is 0, set ON on both, and SOURCE_AUTO_POSITION = 1 here. Or clone it again, when the primary has "
             "gtid_mode=ON";
    case HoldCause::followed_by_file_mariadb:
      return "the server replicates by file and offset, and has no GTID position: by GTID its source would begin at "
             "its "
             "first transaction; clone this replica again";
    case HoldCause::clone_and_server_disagree:
      return "the clone was at " + hold.beside + " and the server is at " + hold.gtids +
             ": each has what the other lacks; " + clone_it_again;
    case HoldCause::position_was_reset:
      return "the server stands at " + (hold.gtids.empty() ? "no GTID" : hold.gtids) + ", behind " + hold.beside +
             ", where its clone began: somebody has reset its position; set it right, or " + clone_it_again;
    case HoldCause::adopted_without_position:
      return "the data was adopted without a GTID position (recorded: " + hold.beside +
             "), and the server has none: nobody knows what of the source it has; " + clone_it_again;
    case HoldCause::source_cannot_go_on:
      return "the source cannot go on from " + (hold.gtids.empty() ? "the beginning" : hold.gtids) +
             ": its logs are purged, or it does not know this position (error " + std::to_string(hold.error_number) +
             ": " + hold.detail + "); if the source is the one that is right, " + clone_it_again;
    case HoldCause::nobody_has_what_is_missing:
      return "the primary's logs begin later: this replica, at " + or_none(hold.beside) + ", lacks " + hold.gtids +
             "; no other replica that can be followed has it (" + (hold.detail.empty() ? "none answers" : hold.detail) +
             "); " + clone_it_again;
    case HoldCause::primary_and_replica_diverged:
      return hold.detail + " has transactions that this primary lacks: " + hold.gtids + "; and this primary has " +
             hold.beside + ", which " + hold.detail +
             " lacks. It takes no writes until a person has decided which of them is right: reclone " + hold.detail +
             ", or " + recover_primary;
    case HoldCause::cannot_take_back:
      return hold.detail + " has transactions that this primary lacks: " + hold.gtids +
             ". They cannot be taken back from there: " + hold.beside +
             ". The primary takes no writes until a person has decided. If they are wanted, " + recover_primary +
             "; if not, mysql-agent release here, and reclone " + hold.detail;
    case HoldCause::statement_refused: return hold.detail;
  }
  return "";
}

}  // namespace mysql_agent
