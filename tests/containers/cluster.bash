# The walk on a cluster: what scripts/walk says to Kubernetes, by `kubectl` and the current context. tests/containers/podman.bash has
# the same functions for this machine. scripts/walk sources this.
#
# All is in a namespace of its own, which is removed in the end, however the walk ends; a drained node is uncordoned.
# shellcheck shell=bash
# shellcheck disable=SC2154 # from scripts/walk

# shellcheck disable=SC2034 # for scripts/walk
can_keep_away=false
namespace=mysql-agent-walk-$$
ready_within=300s

k() { kubectl --namespace "$namespace" "$@"; }

# Ctrl-C ends kubectl too. What was begun is removed all the same, and a second Ctrl-C does not stop that.
enter() {
  command -v kubectl >/dev/null || { echo "walk: there is no kubectl in PATH" >&2; exit 2; }
  dir=$(mktemp -d)
  followers=()
  cordoned=
  trap leave EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

leave() {
  local code=$?
  trap '' INT TERM
  [ ${#followers[@]} -eq 0 ] || kill "${followers[@]}" 2>/dev/null || true
  [ -z "$cordoned" ] || kubectl uncordon "$cordoned" || true
  kubectl delete namespace "$namespace" --ignore-not-found --timeout=5m || echo "walk: the namespace $namespace is left" >&2
  rm -rf "$dir"
  exit $code
}

prepare() {
  say "Cluster"
  note "$(kubectl config current-context)"
  kubectl create namespace "$namespace" >/dev/null
  kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted >/dev/null
  ok "namespace $namespace, which enforces restricted"
}

make_secret() {  # NAME FILE...
  k create secret generic "$1" "${@/#/--from-file=}" >/dev/null
}

# With the components that need nothing of the cluster but itself, and what users change: by index, so that the init containers
# keep their order.
apply() {  # FOLDER
  cat >>"$1/kustomization.yaml" <<KUSTOMIZATION
  - target: {kind: StatefulSet}
    patch: |
      - op: replace
        path: /spec/template/spec/initContainers/2/resources
        value: {requests: {cpu: 50m, memory: 128Mi}, limits: {memory: 1Gi}}
      - op: replace
        path: /spec/template/spec/initContainers/3/resources
        value: {requests: {cpu: 50m, memory: 128Mi}, limits: {memory: 1Gi}}
      - op: replace
        path: /spec/template/spec/containers/0/resources
        value: {requests: {cpu: 50m, memory: 512Mi}, limits: {memory: 1Gi}}
components: [manifests/components/network-policy, manifests/components/pod-disruption-budget]
KUSTOMIZATION
  # A StatefulSet has it for good, so it is no patch that users make later.
  ! $parallel || sed -i 's/podManagementPolicy: OrderedReady/podManagementPolicy: Parallel/' "$1/manifests/base/statefulset.yaml"
  k apply -k "$1" >/dev/null
  scaled 3
}

pod_field() { k get pod "$1" -o "jsonpath={$2}"; }  # POD JSONPATH
address_of() { pod_field "$1" .status.podIP; }
node_of() { pod_field "$1" .spec.nodeName; }
restarts_of() { pod_field "$1" '.status.containerStatuses[*].restartCount'; }
# From inside, for the network policy keeps others out; no image has curl.
metrics_of() {  # POD
  in_pod "$1" sidecar bash -c 'exec 3<>/dev/tcp/127.0.0.1/9307
    printf "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" >&3; cat <&3' | tr -d '\r'
}
logs_of() { k logs "$1" --container "$2"; }  # POD CONTAINER
in_pod() { k exec "$1" --container "$2" -- "${@:3}"; }  # POD CONTAINER COMMAND...
in_pod_by_stdin() { k exec --stdin "$1" --container "$2" -- "${@:3}"; }
show_pods() { k get pods --selector app=mysql -o wide; }
show_trouble() { k get events --sort-by=.lastTimestamp; }
is_ready() { [ "$(pod_field "$1" '.status.conditions[?(@.type=="Ready")].status' 2>/dev/null)" = True ]; }

wait_ready() {  # POD
  eventually 60 "$1 is there" k get pod "$1" -o name
  k wait --for=condition=Ready "pod/$1" --timeout=$ready_within >/dev/null || { show_trouble >&2; fail "$1 is not ready"; }
  ok "$(k get pod "$1" --no-headers)"
}

scaled() {  # REPLICAS
  local ordinal
  for ((ordinal = 0; ordinal < $1; ordinal++)); do wait_ready "mysql-$ordinal"; done
}
scale() {  # REPLICAS
  note "\$ kubectl scale statefulset mysql --replicas=$1"
  k scale statefulset mysql --replicas="$1" >/dev/null
  scaled "$1"
  k wait --for=delete "pod/mysql-$1" --timeout=$ready_within >/dev/null 2>&1 || true
  ! k get pod "mysql-$1" -o name >/dev/null 2>&1 || fail "mysql-$1 is still there"
}

replace_pod() {  # ORDINAL COMMAND...
  k delete pod "mysql-$1" >/dev/null
  "${@:2}"
  wait_ready "mysql-$1"
}

lose_volume() {  # ORDINAL
  k delete pvc "data-mysql-$1" --wait=false >/dev/null
  replace_pod "$1"
}
claims() { k get pvc --selector app=mysql -o 'jsonpath={.items[*].metadata.name}' | xargs -n 1 | sort | xargs; }

drain() {  # NODE
  cordoned=$1
  kubectl drain "$1" --pod-selector app=mysql --ignore-daemonsets --delete-emptydir-data --timeout=10m >/dev/null
  scaled 3
}
uncordon() {  # NODE
  kubectl uncordon "$1" >/dev/null
  cordoned=
}
node_to_drain() { echo "$drain"; }

# A pod whose sidecar is paused stays as a person left it.
replication_of() {  # POD start|stop
  local word=REPLICA
  [ "$variant" = mysql ] || word=SLAVE
  as_root "$1" "$2 $word"
}
break_server() {  # POD
  note "\$ kubectl exec $1 -c sidecar -- mysql-agent pause; STOP REPLICA"
  in_pod "$1" sidecar mysql-agent pause --for 30m
  replication_of "$1" STOP
}
mend_server() {  # POD
  note "\$ kubectl exec $1 -c sidecar -- mysql-agent resume"
  in_pod "$1" sidecar mysql-agent resume
}

run_client() {  # NAME COMMAND...
  k get secret walk-client >/dev/null 2>&1 || make_secret walk-client "$dir/client.cnf"
  jq -n --arg name "$1" --arg image "$server_image" --args '{apiVersion: "v1", kind: "Pod", metadata: {$name},
    spec: {restartPolicy: "Never", terminationGracePeriodSeconds: 0,
      securityContext: {runAsNonRoot: true, runAsUser: 999, runAsGroup: 999, fsGroup: 999, seccompProfile: {type: "RuntimeDefault"}},
      containers: [{$name, $image, command: $ARGS.positional,
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: ["ALL"]}},
        volumeMounts: [{name: "client", mountPath: "/mnt", readOnly: true}]}],
      volumes: [{name: "client", secret: {secretName: "walk-client"}}]}}' "${@:2}" >"$dir/$1.json"
  k apply -f "$dir/$1.json" >/dev/null
  k wait --for=condition=Ready "pod/$1" --timeout=$ready_within >/dev/null
  k logs "$1" --follow >"$dir/$1.log" 2>/dev/null &
  followers+=($!)
}
in_client() { k exec mysql-client -- "$@"; }
client_log() { cat "$dir/$1.log" 2>/dev/null || true; }  # NAME

# The namespace takes no pod that is not restricted.
expect_containers_alike() { ok "the namespace's policy took all containers of $1"; }

run_doctor_pod() {  # FILE
  sed -e "s|image: mysql-agent:.*|image: $agent_image|" -e "s|nodeName: .*|nodeName: $(node_of mysql-1)|" "$1" >"$dir/doctor-pod.yaml"
  k apply -f "$dir/doctor-pod.yaml" >/dev/null
  # It ends with the doctor's code, and here a server that does not answer its socket is no fault.
  k wait --for='jsonpath={.status.containerStatuses[0].state.terminated}' pod/doctor --timeout=$ready_within >/dev/null
  k logs doctor
  k delete pod doctor >/dev/null
}

remove_all() {
  note "\$ kubectl delete namespace $namespace"
  kubectl delete namespace "$namespace" --timeout=5m >/dev/null
  ok "no pod is left"
}

walk_by_hand() { :; }
