#include "agent/operate/error_help.hpp"

#include <algorithm>

namespace mysql_agent {
namespace {

constexpr const char* see_and_clone_again =
    "see the transaction with mariadb-binlog -vv or mysqlbinlog -vv on the primary's log, then mysql-agent reclone, "
    "and "
    "start the pod again";

}  // namespace

const std::vector<ErrorHelp>& error_helps() {
  static const std::vector<ErrorHelp> table{
      {.numbers = {1045},
       .meaning = "a login was refused: the account is missing, or its password is not that of the Secret",
       .next = "compare the Secret with the primary's account, and set the password with ALTER USER on the primary"},
      {.numbers = {1862, 1820},
       .meaning = "the password of an account has expired",
       .next = "say ALTER USER ... PASSWORD EXPIRE NEVER on the primary"},
      {.numbers = {2002, 2003},
       .meaning = "nothing listens at the server's address",
       .next = "look whether that pod runs, and whether a NetworkPolicy lets the port through: kubectl get pods, "
               "networkpolicy"},
      {.numbers = {2005},
       .meaning = "the name of the server does not resolve",
       .next = "look at the headless Service and at the cluster's DNS: kubectl get service, endpointslice"},
      {.numbers = {2026, 3159},
       .meaning = "TLS failed, or is missing where the server wants it",
       .next = "compare the CA and the dates of the certificate: openssl x509 -noout -issuer -dates -in FILE"},
      {.numbers = {1062},
       .meaning = "a row that the primary inserted is here already: this replica differs from its primary",
       .next = see_and_clone_again},
      {.numbers = {1032},
       .meaning = "a row that the primary changed is missing here: this replica differs from its primary",
       .next = see_and_clone_again},
      {.numbers = {1950},
       .meaning = "a transaction of this replica's own has the number of one of the primary's",
       .next =
           "see it with mariadb-binlog -vv on this replica's log, save what it wrote, then mysql-agent reclone, and "
           "start the pod again"},
      {.numbers = {1236, 13114},
       .meaning = "the primary cannot send its log from this replica's position",
       .next = "look at the text of the error; if the logs are purged: mysql-agent reclone, and start the pod again"},
      {.numbers = {1593, 13117},
       .meaning = "the primary and this replica have the same server id or UUID",
       .next =
           "look whether two pods share a volume or an option sets server_id; mysql-agent reclone makes a new UUID"},
      {.numbers = {1594, 13121},
       .meaning = "the relay log is damaged",
       .next = "mysql-agent reclone, and start the pod again"},
      {.numbers = {1021, 1114},
       .meaning = "the volume is full",
       .next = "grow it (docs/operations.md, A larger volume), or purge the primary's binary logs"},
      {.numbers = {3098, 3100, 3101},
       .meaning = "a plugin of the server refused the transaction, as group replication does",
       .next = "look at the server's log for the plugin, and take it out of the options"},
  };
  return table;
}

const ErrorHelp* help_for(int number) {
  for (const ErrorHelp& help : error_helps())
    if (std::find(help.numbers.begin(), help.numbers.end(), number) != help.numbers.end()) return &help;
  return nullptr;
}

}  // namespace mysql_agent
