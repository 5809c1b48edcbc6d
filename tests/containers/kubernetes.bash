# What scripts/walk needs of Kubernetes, on one machine: a kubelet for each pod, the StatefulSet's controller, the names and the
# Services. Containers, probes, Services and volumes are those of the rendered manifests, in $dir/rendered.json; the containers
# are podman's. scripts/walk sources this, in namespaces of its own.
#
# $dir/pods/POD/         a pod's emptyDirs, ConfigMap and Secret; logs of its containers; `status`, what `kubectl get pod` shows
# $dir/claims/           the persistent volumes, one folder for each claim
# $dir/endpoints/POD     the pod's address, and whether it is ready: the Services follow from all of them
# shellcheck shell=bash
# shellcheck disable=SC2016 # those are jq's words
# shellcheck disable=SC2030,SC2031 # a kubelet is a subshell
# shellcheck disable=SC2154 # from scripts/walk

dns_address=10.96.0.10
domain=default.svc.cluster.local
uid=999

query() { jq -r "$@" "$dir/rendered.json"; }
template='map(select(.kind == "StatefulSet"))[0].spec.template.spec'

# --- names and Services: the cluster's DNS and kube-proxy ---

start_cluster() {
  mkdir -p "$dir"/{pods,claims,endpoints}
  : >"$dir/hosts"
  ip link set lo up
  # Two nodes, each with its own range of addresses, in one network: a pod that moves gets another address.
  local node bridge
  for node in 1 2; do
    podman network create --disable-dns --subnet 10.244.$node.0/24 node-$node >/dev/null
    # Made here for its hardware address: of itself a bridge takes that of one of its ports, and so another one as pods come and go,
    # and for seconds nobody finds it.
    bridge=$(podman network inspect --format '{{.NetworkInterface}}' node-$node)
    ip link add "$bridge" address 02:00:00:00:00:0$node type bridge
    ip address add 10.244.$node.1/24 dev "$bridge"
    ip link set "$bridge" up
  done
  ip address add $dns_address/32 dev lo
  # It knows no name but those in the file; of others it says that they do not exist, as the cluster's does.
  dnsmasq --keep-in-foreground --user=root --pid-file="$dir/dns.pid" --listen-address=$dns_address --bind-interfaces --local=/#/ \
    --no-resolv --no-hosts --addn-hosts="$dir/hosts" --local-ttl=1 --log-facility="$dir/dns.log" &
  disown
  iptables -t nat -N SERVICES
  iptables -t nat -A PREROUTING -j SERVICES
  iptables -t nat -A POSTROUTING -m conntrack --ctstate DNAT -j MASQUERADE
  # ClusterIPs, by the order of the rendered manifests. What a Service selects by is in the pod template's labels, or it is the label with
  # which the controller names a pod; a Service that wants any other selects none. Its ports lead to the containers', by number or by name.
  query "($template"' | [.initContainers[], .containers[] | .ports // [] | .[]] | map({key: .name, value: .containerPort}) | from_entries) as $named
      | map(select(.kind == "StatefulSet"))[0].spec.template.metadata.labels as $labels
      | [.[] | select(.kind == "Service")] | to_entries[] | .value.spec as $spec | [.value.metadata.name,
      (if $spec.clusterIP == "None" then "None" else "10.96.0.\(.key + 11)" end),
      ($spec.publishNotReadyAddresses // false),
      ($spec.selector | with_entries(select($labels[.key] != .value)) | if . == {} then "any"
        elif keys == ["statefulset.kubernetes.io/pod-name"] then .["statefulset.kubernetes.io/pod-name"] else "none" end),
      ([$spec.ports[] | (.targetPort // .port) as $target
        | "\(.port):\(if ($target | type) == "number" then $target else $named[$target] // error("targetPort \($target)") end)"] | join(","))]
      | @tsv' >"$dir/services"
}

# What a Service selects: addresses of the pods that are ready, or all where it says so.
endpoints_of() {  # PUBLISH-NOT-READY POD|any|none
  local file pod address ready
  for file in "$dir"/endpoints/*; do
    [ -e "$file" ] || continue
    pod=${file##*/}
    read -r address ready <"$file"
    [ "$2" = any ] || [ "$2" = "$pod" ] || continue
    if [ "$1" = true ] || [ "$ready" = ready ]; then echo "$address $pod"; fi
  done
}

update_services() {
  local name cluster_ip publish pod ports addresses count address port
  exec 8>"$dir/services.lock"
  flock 8
  {
    while read -r name cluster_ip publish pod ports; do
      if [ "$cluster_ip" = None ]; then
        endpoints_of "$publish" "$pod" | while read -r address endpoint; do
          echo "$address $endpoint.$name.$domain $name.$domain"
        done
      else
        echo "$cluster_ip $name.$domain"
      fi
    done <"$dir/services"
  } >"$dir/hosts.new"
  mv "$dir/hosts.new" "$dir/hosts"
  kill -HUP "$(cat "$dir/dns.pid")"
  {
    echo '*nat'
    echo '-F SERVICES'
    while read -r name cluster_ip publish pod ports; do
      [ "$cluster_ip" != None ] || continue
      addresses=$(endpoints_of "$publish" "$pod" | cut -d ' ' -f 1)
      for port in ${ports//,/ }; do
        count=$(wc -w <<<"$addresses")
        for address in $addresses; do
          echo "-A SERVICES -d $cluster_ip/32 -p tcp --dport ${port%:*} -m statistic --mode nth --every $count --packet 0" \
            "-j DNAT --to-destination $address:${port#*:}"
          count=$((count - 1))
        done
      done
    done <"$dir/services"
    echo COMMIT
  } | iptables-restore --noflush
  exec 8>&-
}

set_endpoint() {  # POD ADDRESS ready|not-ready
  echo "$2 $3" >"$dir/endpoints/.$1"
  mv "$dir/endpoints/.$1" "$dir/endpoints/$1"
  update_services
}

remove_endpoint() {  # POD
  rm -f "$dir/endpoints/$1"
  update_services
}

# --- the kubelet: one process for each pod ---

set_status() {  # PHASE READY-CONTAINERS REASON
  local line="$1	$2	$restarts	$address	$3"
  [ "$line" != "${status:-}" ] || return 0
  status=$line
  echo "$line" >"$pod_dir/status.new"
  mv "$pod_dir/status.new" "$pod_dir/status"
}

make_volumes() {
  local name kind source key claim
  query "$template | .volumes[] | [.name, (if .emptyDir then \"empty\", \"-\" elif .configMap then \"config\", .configMap.name
      elif .projected then \"secret\", (.projected.sources | map(.secret.name) | join(\" \")) else error(.name) end)] | @tsv" |
    while read -r name kind source; do
      # As the kubelet does it for fsGroup: the group, and what is made in there gets it too.
      install -d -m 2777 -o root -g $uid "$pod_dir/$name"
      case $kind in
        config)
          query --arg name "$source" '.[] | select(.kind == "ConfigMap" and .metadata.name == $name) | .data | keys[]' |
            while read -r key; do
              query --arg name "$source" --arg key "$key" '.[] | select(.kind == "ConfigMap" and .metadata.name == $name) | .data[$key]' \
                >"$pod_dir/$name/$key"
            done
          ;;
        secret)
          for secret in $source; do install -m 0440 -o root -g $uid "$dir/secrets/$secret"/* "$pod_dir/$name/"; done
          ;;
      esac
    done
  query 'map(select(.kind == "StatefulSet"))[0].spec.volumeClaimTemplates[].metadata.name' | while read -r name; do
    claim=$dir/claims/$name-$pod
    [ -d "$claim" ] || install -d -m 2775 -o root -g $uid "$claim"
    ln -s "$claim" "$pod_dir/$name"
    # The kubelet makes the folder of a subPath with the mode and the group of the volume.
    query --arg name "$name" "$template"' | [.initContainers[], .containers[]] | map(.volumeMounts[] | select(.name == $name).subPath // empty) | unique[]' |
      while read -r key; do [ -d "$claim/$key" ] || install -d -m 2775 -o root -g $uid "$claim/$key"; done
  done
}

# Makes a container of the pod template and starts it, without waiting for its end.
run_container() {  # NAME
  local arguments
  arguments=$(query --arg container "$1" --arg pod_dir "$pod_dir" -f "$here/tests/containers/podman.jq" | tr '\n' ' ')
  rm -f "$(log_of "$pod" "$1")"
  eval "podman run --detach --pod $pod --name $pod-$1 --log-driver k8s-file --log-opt path=$(log_of "$pod" "$1") $arguments" >/dev/null
}

# From here on it is one that has to run.
keep_running() {  # NAME
  pids[$1]=$(podman inspect --format '{{.State.Pid}}' "$pod-$1")
  echo "${pids[$1]}" >"$pod_dir/$1.pid"
}

# Whoever ended is started again, as restartPolicy Always has it.
restart_ended() {
  local name
  for name in "${running[@]}"; do
    [ ! -e "/proc/${pids[$name]}" ] || continue
    restarts=$((restarts + 1))
    unset "started[$name]"
    podman start "$pod-$name" >/dev/null
    keep_running "$name"
  done
}

# The probes of all containers: port and path, and the numbers that count here.
read_probes() {
  local key url timeout failures
  while read -r key url timeout failures; do
    probe_urls[$key]=$url
    probe_timeouts[$key]=$timeout
    failures_allowed[$key]=$failures
  done < <(query "$template"' | [.initContainers[], .containers[]][] | . as $container | ("startupProbe", "livenessProbe", "readinessProbe") as $kind
    | .[$kind] | select(.) | .httpGet.port as $port
    | (if ($port | type) == "number" then $port else $container.ports[] | select(.name == $port).containerPort end) as $number
    | ["\($container.name)-\($kind)", "\($number)\(.httpGet.path)", .timeoutSeconds // 1, .failureThreshold // 3] | @tsv')
}

# What a probe of the manifests says, asked as the kubelet does: from the node. A container without this probe has passed it.
probe() {  # CONTAINER KIND-OF-PROBE
  local answer url=${probe_urls[$1-$2]:-}
  [ -n "$url" ] || return 0
  answer=$(curl -s --fail-with-body --max-time "${probe_timeouts[$1-$2]}" "http://$address:$url") || {
    reason="$1: ${answer:-no answer}"
    return 1
  }
}

wait_started() {  # CONTAINER
  until probe "$1" startupProbe; do
    set_status "$2" "0/$count" "$reason"
    sleep 0.5
    restart_ended
  done
  started[$1]=1
}

wait_init_container() {  # NAME
  local pause=1 code
  while :; do
    podman wait --interval 50ms "$pod-$1" >"$pod_dir/exit-code" &
    wait $!  # a signal gets through here, and not through a command in the foreground
    code=$(cat "$pod_dir/exit-code")
    [ "$code" -ne 0 ] || return 0
    restarts=$((restarts + 1))
    set_status "Init:Error" "0/$count" "$1 ended with $code: $(tail -n 1 "$(log_of "$pod" "$1")" | cut -d ' ' -f 4-)"
    sleep $pause
    pause=$((pause < 16 ? pause * 2 : 16))
    podman start "$pod-$1" >/dev/null
  done
}

# One that fails as often as the manifests allow is ended, and then started again as any that ended.
check_liveness() {  # NAME
  if probe "$1" livenessProbe; then
    liveness_failures[$1]=0
    return
  fi
  liveness_failures[$1]=$((${liveness_failures[$1]:-0} + 1))
  [ "${liveness_failures[$1]}" -lt "${failures_allowed[$1-livenessProbe]}" ] || podman stop "$pod-$1" >/dev/null
}

find_address() {  # NODE
  address=$(podman inspect --format "{{(index .NetworkSettings.Networks \"$1\").IPAddress}}" "$pod-infra")
  set_endpoint "$pod" "$address" not-ready
}

terminate() {
  trap '' TERM
  local name grace i
  grace=$(query "$template.terminationGracePeriodSeconds")
  [ -z "$address" ] || set_endpoint "$pod" "$address" not-ready
  set_status Terminating "0/$count" ""
  # The server first; sidecars when it has ended, in the reverse order.
  for ((i = ${#running[@]} - 1; i >= 0; i--)); do
    podman stop --time "$grace" "$pod-${running[i]}" >/dev/null
  done
  podman pod rm --force "$pod" >/dev/null
  remove_endpoint "$pod"
  rm -rf "$pod_dir"
  exit 0
}

run_kubelet() {  # POD NODE
  set -euo pipefail
  pod=$1
  pod_dir=$dir/pods/$pod
  restarts=0
  address=
  reason=
  running=()
  declare -A started=() pids=() liveness_failures=() probe_urls=() probe_timeouts=() failures_allowed=()
  local name always last="" now="" ready
  count=$(query "$template"' | [.containers[], (.initContainers[] | select(.restartPolicy == "Always"))] | length')
  trap terminate TERM
  echo "$2" >"$pod_dir/node"
  set_status Pending "0/$count" ""
  make_volumes
  read_probes
  podman pod create --name "$pod" --infra-name "$pod-infra" --hostname "$pod" --network "$2" --cgroup-parent "$cgroup" \
    --dns $dns_address --dns-search $domain --dns-opt ndots:5 >/dev/null
  while read -r -u 7 name always; do
    set_status "Init:$name" "0/$count" ""
    run_container "$name"
    [ -n "$address" ] || find_address "$2"
    if [ "$always" = Always ]; then
      keep_running "$name"
      running+=("$name")
      wait_started "$name" "Init:$name"
    else
      wait_init_container "$name"
    fi
  done 7< <(query "$template"' | .initContainers[] | [.name, .restartPolicy // "-"] | @tsv')
  for name in $(query "$template.containers[].name"); do
    run_container "$name"
    keep_running "$name"
    running+=("$name")
    wait_started "$name" Running
  done
  while :; do
    restart_ended
    reason=
    ready=0
    for name in "${running[@]}"; do
      if [ -z "${started[$name]:-}" ]; then
        if probe "$name" startupProbe; then started[$name]=1; fi
      elif probe "$name" readinessProbe; then
        ready=$((ready + 1))
      fi
      check_liveness "$name"
    done
    if [ "$ready" = "$count" ]; then now=ready; else now=not-ready; fi
    set_status Running "$ready/$count" "$reason"
    [ "$now" = "$last" ] || set_endpoint "$pod" "$address" "$now"
    last=$now
    sleep 1
  done
}

# --- the StatefulSet's controller, and kubectl ---

log_of() { echo "$dir/logs/$1-$2.log"; }  # POD CONTAINER

status_of() {  # POD: phase, ready containers, restarts, address, reason
  cat "$dir/pods/$1/status" 2>/dev/null || echo "-	0/0	0	-	no such pod"
}

is_ready() {  # POD
  local ready
  ready=$(status_of "$1" | cut -f 2)
  [ "${ready%/*}" = "${ready#*/}" ] && [ "$ready" != 0/0 ]
}

show_pods() {
  local pod file phase ready restarts address reason
  printf '%-9s %-6s %-9s %-9s %-13s %s\n' NAME READY STATUS RESTARTS IP NODE
  for file in "$dir"/pods/*/status; do
    [ -e "$file" ] || continue
    pod=$(basename "$(dirname "$file")")
    IFS=$'\t' read -r phase ready restarts address reason <"$file"
    printf '%-9s %-6s %-9s %-9s %-13s %s   %s\n' "$pod" "$ready" "$phase" "$restarts" "$address" "$(cat "$dir/pods/$pod/node")" "$reason"
  done
}

start_pod() {  # POD NODE
  mkdir -p "$dir/pods/$1" "$dir/logs"
  run_kubelet "$1" "$2" >>"$dir/logs/$1-kubelet.log" 2>&1 </dev/null &
  kubelets[$1]=$!
  disown
}

stop_pod() {  # POD
  local pid=${kubelets[$1]}
  kill -TERM "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  unset "kubelets[$1]"
}
