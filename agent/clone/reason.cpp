#include "agent/clone/reason.hpp"

#include <algorithm>

namespace mysql_agent {
namespace {

bool is_same_peer(const NamedPeer& a, const NamedPeer& b) {
  return a.peer.pod == b.peer.pod && a.peer.kind == b.peer.kind && a.obstacle == b.obstacle &&
         a.peer.info.replication_state == b.peer.info.replication_state && a.peer.info.held == b.peer.info.held;
}

bool is_same_evidence(const SetEvidence& a, const SetEvidence& b) {
  return a.pod == b.pod && a.data == b.data;
}

}  // namespace

bool is_same_wait(const CloneReason& a, const CloneReason& b) {
  return a.kind == b.kind && a.asked == b.asked &&
         std::equal(a.peers.begin(), a.peers.end(), b.peers.begin(), b.peers.end(), is_same_peer) &&
         std::equal(a.evidence.begin(), a.evidence.end(), b.evidence.begin(), b.evidence.end(), is_same_evidence);
}

}  // namespace mysql_agent
