# The walk's pods by podman, on this machine: what scripts/walk says to Kubernetes, done as a kubelet and the controller would do it
# (kubernetes.bash). tests/containers/cluster.bash has the same functions for a cluster. scripts/walk sources this.
#
# The images are made here, for none is pulled: the agent's of images/Dockerfile with this tree's release binary, and the
# server's of Debian's packages, out of the root directory that scripts/setup --servers makes.
#
# All of it runs in namespaces of its own (mounts, network, processes), with podman's storage in a private folder: this
# machine's podman, networks and firewall are not touched, and nothing outlives the walk. It asks the probes more often than the
# manifests say, to save time.
# shellcheck shell=bash
# shellcheck disable=SC2154 # from scripts/walk
# shellcheck disable=SC2317 # docs/containers.md calls what stands for docker

agent_image=localhost/mysql-agent:walk
server_image=localhost/$image:walk
walk_options=(--server "$server")
# shellcheck disable=SC2034 # for scripts/walk
can_keep_away=true

# --- outside: what has to be there, and what is left afterwards ---
enter() {
  ! $inside || return 0
  [ "$(id -u)" -eq 0 ] || { echo "walk: run this as root: it makes namespaces and containers" >&2; exit 2; }
  say "Build"
  scripts/setup --containers
  agent=$(scripts/build release mysql-agent)/mysql-agent
  ok "$agent"
  base=/tmp
  [ -w /dev/shm ] && base=/dev/shm
  dir=$(mktemp -d "$base/mysql-agent-walk.XXXXXX")
  walk=
  clean_up() {
    trap - EXIT INT TERM
    # The first process of a process namespace takes all others with it, and has ended only when they have.
    if [ -n "$walk" ]; then
      pkill -KILL -P "$walk" || true
      wait "$walk" 2>/dev/null || true
    fi
    for _ in $(seq 50); do
      find /sys/fs/cgroup -depth -type d -path "*/${dir##*/}*" -exec rmdir {} + 2>/dev/null && break
      sleep 0.1
    done
    rm -rf --one-file-system "$dir"
  }
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  unshare --mount --net --pid --fork --mount-proc --kill-child "$0" --inside "$dir" "$agent" "${walk_options[@]}" &
  walk=$!
  wait "$walk"
  walk=
  clean_up
  say "Everything was as expected; all containers are stopped and $dir is removed."
  exit 0
}

# shellcheck source=tests/containers/kubernetes.bash
. tests/containers/kubernetes.bash
declare -A kubelets=()
replicas=0
cordoned=

make_image() {  # NAME TARGET: one of the two in images/Dockerfile, with what it says about user and licences
  podman build --quiet --isolation chroot --network host --build-context build="$dir/context" --target "$2" --build-arg BASE="localhost/$image:walk" \
    -f images/Dockerfile -t "localhost/$1:walk" "$dir/context" >"$dir/image.log" 2>&1 || { cat "$dir/image.log" >&2; fail "the image $2 does not build"; }
  local user container missing
  user=$(podman image inspect --format '{{.Config.User}}' "localhost/$1:walk")
  [ "$user" = 999:999 ] || fail "the user of the image $2 is '$user'"
  container=$(podman create "localhost/$1:walk" none)
  podman export "$container" | tar -t --wildcards 'usr/share/doc/mysql-agent/*' >"$dir/image-files" || true
  podman rm "$container" >/dev/null
  missing=$(cd "$dir/context/doc" && find . -type f -printf 'usr/share/doc/mysql-agent/%P\n' | sort | comm -23 - <(sort "$dir/image-files"))
  [ -z "$missing" ] || fail "the image $2 has not: $missing"
  ok "image $2: user $user, and the licences of what is linked"
}

make_images() {
  mkdir "$dir/context"
  cp "$agent" "$dir/context/mysql-agent"
  scripts/licences "$dir/context/doc"
  make_image mysql-agent agent
  tar -C "$cache/$server" --exclude='./proc/*' --exclude='./dev/*' -c . |
    podman import --quiet --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "localhost/$image:walk" >/dev/null
  if [ "$variant" = mysql ]; then
    # What MySQL's own image has, and Debian's package of the server alone has not.
    podman build --quiet --isolation chroot --network host -t localhost/mysql:walk -f - "$dir/context" >/dev/null <<'DOCKERFILE'
FROM localhost/mysql:walk
RUN mkdir -p /etc/mysql/conf.d && echo '!includedir /etc/mysql/conf.d/' >/etc/my.cnf && install -d -m 0750 -o 999 -g 999 /var/lib/mysql-files
DOCKERFILE
  fi
  ok "mysql-agent: $(podman run --rm --read-only localhost/mysql-agent:walk --version)"
  ok "$image: $(podman run --rm "localhost/$image:walk" "$client" --version)"
  make_image "$image-with-agent" database
}

prepare() {
  cgroup=/${dir##*/}
  # podman 4.3 knows cgroups of version 1, or of version 2, but not a machine that has both.
  if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
  mount -t tmpfs tmpfs /run
  mkdir -p "$dir"/{graph,runroot,tmp,networks}
  cat >"$dir/containers.conf" <<CONF
[containers]
base_hosts_file = "none"
default_ulimits = ["nofile=20000:20000", "nproc=1000:1000"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
tmp_dir = "$dir/libpod"
[network]
network_config_dir = "$dir/networks"
CONF
  printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/graph"\nrunroot = "%s/runroot"\n' "$dir" "$dir" >"$dir/storage.conf"
  export CONTAINERS_CONF=$dir/containers.conf CONTAINERS_STORAGE_CONF=$dir/storage.conf TMPDIR=$dir/tmp
  say "Images"
  make_images
}

make_secret() {  # NAME FILE...
  mkdir -p "$dir/secrets/$1"
  cp "${@:2}" "$dir/secrets/$1/"
}

apply() {  # FOLDER
  scripts/in-root "$cache/kubectl-1.32" kubectl kustomize "$1" |
    scripts/in-root "$cache/kubectl-1.32" python3 -c 'import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)' \
      >"$dir/rendered.json"
  start_cluster
  scale "$(query 'map(select(.kind == "StatefulSet"))[0].spec.replicas')"
}

metrics_of() { curl -s "http://$(address_of "$1"):9307/metrics"; }  # POD
address_of() { status_of "$1" | cut -f 4; }
restarts_of() { status_of "$1" | cut -f 3; }
node_of() { cat "$dir/pods/$1/node"; }
logs_of() { cut -d ' ' -f 4- "$(log_of "$1" "$2")"; }  # POD CONTAINER
in_pod() { podman exec "$1-$2" "${@:3}"; }  # POD CONTAINER COMMAND...
in_pod_by_stdin() { podman exec -i "$1-$2" "${@:3}"; }

show_trouble() { cat "$dir/hosts"; iptables -t nat -S SERVICES; }

wait_ready() {  # POD
  local until=$((SECONDS + 240))
  until is_ready "$1"; do
    kill -0 "${kubelets[$1]}" 2>/dev/null || fail "what stands for the kubelet of $1 has ended: $(tail -n 3 "$dir/logs/$1-kubelet.log")"
    if [ $SECONDS -ge $until ]; then
      tail -n 5 "$dir"/logs/"$1"-*.log >&2
      fail "$1 is not ready: $(show_pods | grep "^$1 ")"
    fi
    sleep 0.2
  done
  ok "$(show_pods | grep "^$1 ")"
}

node_for() {  # ORDINAL
  local node=node-$(($1 % 2 + 1))
  [ "$node" != "$cordoned" ] || node=node-$((($1 + 1) % 2 + 1))
  echo "$node"
}

scale() {  # REPLICAS: one after the other, as OrderedReady has it
  note "\$ kubectl scale statefulset mysql --replicas=$1"
  while [ $replicas -lt "$1" ]; do
    start_pod "mysql-$replicas" "$(node_for $replicas)"
    wait_ready "mysql-$replicas"
    replicas=$((replicas + 1))
  done
  while [ $replicas -gt "$1" ]; do
    replicas=$((replicas - 1))
    stop_pod "mysql-$replicas"
    ok "mysql-$replicas is gone"
  done
}

# The controller puts a pod of the same name in its place. COMMAND runs while the pod is away.
replace_pod() {  # ORDINAL COMMAND...
  stop_pod "mysql-$1"
  "${@:2}"
  start_pod "mysql-$1" "$(node_for "$1")"
  wait_ready "mysql-$1"
}

lose_volume() {  # ORDINAL
  replace_pod "$1" rm -rf "$dir/claims/data-mysql-$1"
}
claims() { (cd "$dir/claims" && echo *); }

drain() {  # NODE
  local ordinal
  cordoned=$1
  for ordinal in 2 1 0; do
    if [ "$(node_of "mysql-$ordinal")" = "$1" ]; then replace_pod $ordinal; fi
  done
}
uncordon() { cordoned=; }  # NODE
node_to_drain() { node_of mysql-2; }

break_server() {  # POD
  note "\$ kill -STOP <the server of $1>"
  kill -STOP "$(cat "$dir/pods/$1/mysql.pid")"
}
mend_server() {  # POD
  note "\$ kill -CONT <the server of $1>"
  kill -CONT "$(cat "$dir/pods/$1/mysql.pid")"
}

run_client() {  # NAME COMMAND...
  podman run -d --name "$1" --network node-1 --cgroup-parent "$cgroup" --dns $dns_address --dns-search $domain --dns-opt ndots:5 \
    --log-driver k8s-file --log-opt path="$dir/logs/$1.log" --volume "$dir/client.cnf:/mnt/client.cnf:ro" "$server_image" \
    "${@:2}" >/dev/null
}
in_client() { podman exec mysql-client "$@"; }
client_log() { if [ -e "$dir/logs/$1.log" ]; then cut -d ' ' -f 4- "$dir/logs/$1.log"; fi; }  # NAME

expect_containers_alike() {  # POD
  local container got
  for container in $(query "$template.initContainers[].name"); do
    got=$(podman inspect --format '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.EffectiveCaps}}' "$1-$container")
    [ "$got" = "999:999 true []" ] || fail "$1's container $container has user, read-only root, capabilities: $got"
  done
  ok "the init containers were made alike"
}

# The guide's pod, which looks at a volume from outside.
run_doctor_pod() {  # FILE: as docs/operations.md has it
  local words
  scripts/in-root "$cache/kubectl-1.32" python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)' \
    <"$1" >"$dir/doctor.json"
  of_doctor() { jq -r ".spec | $1" "$dir/doctor.json"; }
  mapfile -t words < <(of_doctor '.containers[0].args[]')
  podman run --rm --read-only --cap-drop ALL --network none --user "$(of_doctor '"\(.securityContext.runAsUser):\(.securityContext.runAsGroup)"')" \
    --volume "$dir/claims/$(of_doctor '.volumes[0].persistentVolumeClaim.claimName')/$(of_doctor '.containers[0].volumeMounts[0] | "\(.subPath):\(.mountPath):ro"')" \
    "$agent_image" "${words[@]}"
}

remove_all() {
  note "\$ kubectl delete statefulset mysql"
  for ((ordinal = replicas - 1; ordinal >= 0; ordinal--)); do stop_pod "mysql-$ordinal"; done
  [ -z "$(ls "$dir/pods")" ] || fail "pods are left: $(ls "$dir/pods")"
  [ -z "$(podman pod ps --quiet)" ] || fail "podman has pods left"
  ok "no pod is left"
  podman rm --force --time 0 mysql-client mysql-client-loop >/dev/null
  note "\$ kubectl delete configmap,service,pvc -l app=mysql"
  rm -rf "$dir/claims"
}

# docs/containers.md's two pods without Kubernetes, as it says them; but the base's image is the walk's.
walk_by_hand() {
  [ "$variant" = mariadb ] || return 0
  say "12. Two pods by hand, as docs/containers.md has them"
  by_hand=$(sed -n 's/^    //p' docs/containers.md)
  docker() {
    local command=$1
    shift
    case $command in
      build) podman build --quiet --isolation chroot --network host --build-context build="$dir/context" "${@/#BASE=mariadb:11.8/BASE=localhost/mariadb:walk}" ;;
      run) podman run --cgroup-parent "$cgroup" "$@" ;;
      *) podman "$command" "$@" ;;
    esac
  }
  # podman's own DNS asks this machine's for names that it does not have: here the cluster's, which says that they do not exist.
  echo "nameserver $dns_address" >"$dir/resolv.conf"
  mount --bind "$dir/resolv.conf" /etc/resolv.conf
  mkdir "$dir/by-hand"
  ln -s "$here" "$dir/by-hand/mysql-agent"
  note "$(sed -n 1p <<<"$by_hand")"
  note "... $(wc -l <<<"$by_hand") lines"
  # Not as a condition, for there set -e does not count.
  set +e
  (set -e; cd "$dir/by-hand"; eval "${by_hand%$'\n'*}") >"$dir/by-hand.log" 2>&1
  code=$?
  set -e
  [ $code = 0 ] || { cat "$dir/by-hand.log" >&2; fail "docs/containers.md's commands failed"; }
  note "\$ ${by_hand##*$'\n'}"
  all_ready() { eval "${by_hand##*$'\n'}" >"$dir/by-hand-status" 2>&1; }
  eventually 120 "the two pods are ready" all_ready
  [ "$(grep -c '^mysql-[01] .* yes ' "$dir/by-hand-status")" = 2 ] || fail "status --all says: $(cat "$dir/by-hand-status")"
  sed 's/^/   /' "$dir/by-hand-status"
  # shellcheck disable=SC2016 # those are docs/containers.md's words
  ended_by=$(sed -n 's/.*`\(docker rm -f [^`]*\)`.*/\1/p' docs/containers.md)
  note "\$ $ended_by"
  eval "$ended_by" >/dev/null
  [ -z "$(podman ps --all --quiet)" ] || fail "containers are left: $(podman ps --all)"
  ok "no container is left"
}
