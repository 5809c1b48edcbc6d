#pragma once

#include "agent/pod/verdict.hpp"

namespace mysql_agent::test {

/// The set as its first replica sees it.
inline PodSet set_of_replica() {
  PodSet set;
  set.pod = parse_pod_name("mysql-1");
  return set;
}

/// A replica that does its work: replicating, both threads running, one second behind.
inline PodView ready_replica() {
  PodView view;
  view.pod = {"mysql-1", "mysql", 1};
  view.role = Role::replica;
  view.source_host = "mysql-0.mysql";
  view.state.emplace();
  view.state->state = DataState::replicating;
  view.state->pod = "mysql-1";
  view.state->donor = "mysql-0";
  view.state->set_id = "set-1";
  view.state->position = {"0-100-5", "", 0};
  view.data_bytes = 3'100'000'000;
  view.server_answers = true;
  view.server.emplace();
  view.server->version = {Flavour::mariadb, 10, 11, 19};
  view.server->uuid = "uuid-1";
  view.server->server_id = 101;
  view.server->read_only = true;
  view.server->log_bin = true;
  view.server->executed = view.server->applied = view.server->logged = "0-100-9";
  view.server->replica = ReplicaStatus{"mysql-0.mysql",      3306, "replication", true, {true, false, 0, ""},
                                       {true, false, 0, ""}, 1,    false,         {}};
  return view;
}

/// A primary that does its work.
inline PodView ready_primary() {
  PodView view = ready_replica();
  view.pod = {"mysql-0", "mysql", 0};
  view.role = Role::primary;
  view.state->state = DataState::primary;
  view.state->donor.clear();
  view.server->read_only = false;
  view.server->replica.reset();
  return view;
}

/// A hold of each kind, as the sidecar finds it.
inline Hold hold_of(HoldKind kind) {
  switch (kind) {
    case HoldKind::state: return {.cause = HoldCause::no_state};
    case HoldKind::position: return {.cause = HoldCause::adopted_without_position};
    case HoldKind::diverged: return {.cause = HoldCause::own_transactions, .gtids = "0-101-3", .beside = "0-101-3"};
    case HoldKind::purged: return {.cause = HoldCause::nobody_has_what_is_missing, .gtids = "0-100-9"};
    case HoldKind::other_set: return {.cause = HoldCause::other_set, .gtids = "set-2", .beside = "set-1"};
    case HoldKind::error: return {.cause = HoldCause::statement_refused, .detail = "1290: read only"};
  }
  return {};
}

}  // namespace mysql_agent::test
