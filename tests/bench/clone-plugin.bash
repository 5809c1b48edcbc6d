# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/bench, which reads this for --mysql, sets what is not set here
#
# MySQL's own way to clone, on the MySQL of a root directory: its statement between two servers, and clone-mysql with it. The
# pods are $work/plugin-<ordinal>, at $network.2<ordinal>; the ports are those of the other pods, at other addresses.

prepare_mysql() {
  local root=${MYSQL_AGENT_CACHE:-/var/cache/mysql-agent}/mysql-9.7 program
  [ "$(id -u)" -eq 0 ] || fail "--mysql needs root: MySQL runs in a root directory of its own"
  [ -d "$root" ] || fail "--mysql needs $root: run scripts/setup --servers"
  # With nothing else in PATH clone-mysql finds a MySQL without a backup tool.
  mysql_bin=$work/mysql-bin
  mkdir "$mysql_bin"
  for program in mysqld mysql; do
    printf "#!/bin/sh\nexec '%s' '%s' '%s' \"\$@\"\n" "$repository/scripts/in-root" "$root" "$program" >"$mysql_bin/$program"
    chmod +x "$mysql_bin/$program"
  done
}

make_plugin_pod() { # ordinal
  local pod=$work/plugin-$1
  mkdir -p "$pod/data" "$pod/conf.d"
  cat >"$pod/my.cnf" <<OPTIONS
[mysqld]
user=root
datadir=$pod/data
socket=$pod/server.sock
pid-file=$pod/server.pid
bind-address=$network.2$1
port=$server_port
loose_mysqlx=OFF
secure_file_priv=NULL
innodb_buffer_pool_size=256M
innodb_redo_log_capacity=256M
!includedir $pod/conf.d
OPTIONS
}

plugin_init_mysql() { # ordinal
  "$agent" init-mysql --pod-name "bench-$1" --peer-host "$network.2{ordinal}" --conf-dir "$work/plugin-$1/conf.d" \
    --config-map-dir "$work/config-map" >"$work/init-$1.log" 2>&1 || { cat "$work/init-$1.log" >&2; fail "init-mysql failed"; }
}

plugin_sql() { # ordinal, statements
  "$mysql_bin/mysql" --no-defaults --user=root --socket="$work/plugin-$1/server.sock" --batch --skip-column-names -e "$2"
}

start_plugin_server() { # ordinal, options...; sets $pid
  local pod=$work/plugin-$1
  shift
  start "$pod/server.log" "$mysql_bin/mysqld" --defaults-file="$pod/my.cnf" "$@"
}

source_is_fit() {
  curl -s --max-time 5 "http://$network.20:$clone_port/v1/donor" | grep -q '"fit": *true'
}

# As make_source does it. A recipient of the statement begins with a copy of the data directory that is still empty.
make_plugin_source() {
  local pod=$work/plugin-0
  make_plugin_pod 0
  plugin_init_mysql 0
  "$mysql_bin/mysqld" --defaults-file="$pod/my.cnf" --initialize-insecure >"$work/install.log" 2>&1 ||
    { tail -n 5 "$work/install.log" >&2; fail "mysqld --initialize-insecure failed"; }
  cp -a "$pod/data" "$work/plugin-empty"
  rm -f "$work/plugin-empty/auto.cnf"  # the server's own name
  start_plugin_server 0 --skip-log-bin --skip-networking --innodb-doublewrite=OFF --innodb-flush-log-at-trx-commit=0 \
    --innodb-buffer-pool-size=512M --cte-max-recursion-depth=4294967295
  wait_for "the MySQL source's server" 60 plugin_sql 0 "SELECT 1"
  fill_tables plugin_sql "(WITH RECURSIVE n AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM n WHERE seq < ROWS) SELECT seq FROM n) AS numbers"
  stop "$pid"
  start_plugin_server 0
  plugin_server=$pid
  wait_for "the MySQL source's server" 60 plugin_sql 0 "SELECT 1"
  plugin_sql 0 "CREATE TABLE bench.mark (id INT PRIMARY KEY); INSERT INTO bench.mark VALUES (1)"
  say "the MySQL source has $(du -sm --exclude='#innodb_redo' "$pod/data" | cut -f1) MiB in $(find "$pod/data" -type f | wc -l) files"
  # It makes the account for clones.
  start "$work/plugin-sidecar.log" env PATH="$mysql_bin" "$agent" sidecar --insecure --pod-name bench-0 --peer-host "$network.2{ordinal}" \
    --data-dir "$pod/data" --listen "$network.20" --clone-port "$clone_port" --http-listen "$network.20:$probe_port" \
    --mysql-host "$network.20" --mysql-port "$server_port" --source-port "$server_port" \
    --replication-password-file "$work/replication-password" --clone-password-file "$work/replication-password"
  plugin_sidecar=$pid
  wait_for "the MySQL source's sidecar" 30 source_is_fit
}

# What the source's server and sidecar have used.
plugin_source_ticks() { say $(($(cpu_ticks "/proc/$plugin_server/stat") + $(cpu_ticks "/proc/$plugin_sidecar/stat"))); }

# The statement, from a client that is connected already to the server's refusal to start itself again (3707), or to the
# end of the connection: then the copy is complete and on disk. Sets $wall.
run_statement() { # what it says of encryption
  local client said begin
  coproc CLIENT { exec "$mysql_bin/mysql" --no-defaults --user=root --socket="$work/plugin-1/server.sock" --batch --unbuffered \
    --skip-column-names 2>"$work/statement.log"; }
  client=$CLIENT_PID
  say "SET GLOBAL clone_valid_donor_list = '$network.20:$server_port'; SELECT 'connected';" >&"${CLIENT[1]}"
  if ! read -r said <&"${CLIENT[0]}" || [ "$said" != connected ]; then
    cat "$work/statement.log" >&2
    fail "the recipient does not answer"
  fi
  recipient_before=$(own_ticks "/proc/$(cat "$work/plugin-1/server.pid")/stat")
  source_before=$(plugin_source_ticks)
  cp /proc/stat "$work/busy"
  begin=$(now_ms)
  say "CLONE INSTANCE FROM 'clone'@'$network.20':$server_port IDENTIFIED BY '$(cat "$work/replication-password")' $1;" >&"${CLIENT[1]}"
  wait "$client" || true
  wall=$(($(now_ms) - begin))
  grep -Eq 'ERROR (3707|20[0-9][0-9]) ' "$work/statement.log" || { cat "$work/statement.log" >&2; fail "CLONE INSTANCE failed"; }
}

# A server on the copy says whether it is complete.
check_plugin_copy() {
  local state
  start_plugin_server 1
  wait_for "the server on the copy" 60 plugin_sql 1 "SELECT 1"
  state=$(plugin_sql 1 "SELECT STATE FROM performance_schema.clone_status")
  plugin_bytes=$(plugin_sql 1 "SELECT SUM(DATA) FROM performance_schema.clone_progress")
  stop "$pid"
  [ "$state" = Completed ] || fail "the server on the copy says of the clone: $state"
}

clone_by_statement() { # round, way, what it says of encryption
  local pod=$work/plugin-1 wall busy recipient_before source_before cpu
  make_plugin_pod 1
  rmdir "$pod/data"
  cp -a "$work/plugin-empty" "$pod/data"
  # shellcheck disable=SC2046 # words
  start "$pod/server.log" $(timed "$work/recipient.cpu") "$mysql_bin/mysqld" --defaults-file="$pod/my.cnf" --plugin-load-add=mysql_clone.so
  wait_for "the recipient's server" 60 plugin_sql 1 "SELECT 1"
  run_statement "$3"
  finish "$pid" "$pod/server.log"
  busy=$(($(busy_ticks /proc/stat) - $(busy_ticks "$work/busy")))
  cpu=$(calc "$(time_cpu "$work/recipient.cpu") + ($(plugin_source_ticks) - $source_before - $recipient_before) / $(getconf CLK_TCK)")
  record "$1" "$2" "$wall" "$cpu" "$(memory_mib "/proc/$plugin_server/status" VmHWM)" "$(time_mib "$work/recipient.cpu")" "$busy"
  check_plugin_copy
  rm -rf "$pod"
}

run_plain_statement() { clone_by_statement "$1" d "REQUIRE NO SSL"; } # round
run_encrypted_statement() { clone_by_statement "$1" e "REQUIRE SSL"; } # round

run_agent_by_plugin() { # round
  local pod=$work/plugin-1 log=$work/clone.log before begin wall busy
  make_plugin_pod 1
  plugin_init_mysql 1
  : >"$log"
  before=$(plugin_source_ticks)
  cp /proc/stat "$work/busy"
  begin=$(now_ms)
  # shellcheck disable=SC2046 # words
  start "$log" $(timed "$work/f.cpu") env PATH="$mysql_bin" "$agent" clone-mysql --insecure --pod-name bench-1 \
    --peer-host "$network.2{ordinal}" --data-dir "$pod/data" --listen "$network.21" --clone-port "$clone_port" --http-listen "$network.21:$probe_port" --donor-wait 30s \
    --defaults-file "$pod/my.cnf" --clone-password-file "$work/replication-password"
  finish "$pid" "$log"
  busy=$(($(busy_ticks /proc/stat) - $(busy_ticks "$work/busy")))
  [ "$(log_field "$log" "received the clone" engine)" = clone-plugin ] || { cat "$log" >&2; fail "clone-mysql did not use the plugin"; }
  wall=$(($(log_time "$log" "published the data") - begin))
  record "$1" f "$wall" "$(calc "$(time_cpu "$work/f.cpu") + ($(plugin_source_ticks) - $before) / $(getconf CLK_TCK)")" \
    "$(memory_mib "/proc/$plugin_server/status" VmHWM)" "$(time_mib "$work/f.cpu")" "$busy"
  rm -rf "$pod"
}

print_plugin_head() {
  say
  say "d: CLONE INSTANCE between two MySQL servers over TCP, unencrypted as c is; e: the same encrypted, as MySQL does it unless"
  say "told otherwise; f: the whole of clone-mysql with the clone plugin; g: the whole of clone-mysql with mariadb-backup, of"
  say "which c is the transfer. wall: d and e the statement; f and g from the start of clone-mysql to 'published the data'. CPU:"
  say "d and e both servers, the recipient's to its end; f and g all processes of clone-mysql, and of the source its sidecar with"
  say "what that ran; for f its server too, which is what sends. peak: the largest process of a side, for g's sender the sidecar"
}

print_ratio() { # what, over what, and in words
  printf '  %-30s  wall %5s  CPU %5s   %s\n' "$1/$2" "$(calc "$(median_of "$1" 3) / $(median_of "$2" 3)")" \
    "$(calc "$(median_of "$1" 4) / $(median_of "$2" 4)")" "$3"
}

print_plugin_ratios() {
  say
  say "MySQL's clone plugin (ratios of the medians; no targets)"
  print_ratio c d "the agent's stream against CLONE INSTANCE, both unencrypted"
  print_ratio c e "the agent's stream against CLONE INSTANCE, encrypted"
  print_ratio f g "the whole of clone-mysql: the clone plugin against mariadb-backup"
  say "  bytes: the last stream $(calc "$stream_bytes / 1048576") MiB, the last CLONE INSTANCE $(calc "$plugin_bytes / 1048576") MiB"
}
