# What `podman create` needs to make a container of the StatefulSet's pod template, one line for each of its arguments, quoted for a
# shell. The input is what `kubectl kustomize` rendered, as a list. A setting that this does not know is an error: nothing in the
# manifests may go unheeded.
# --arg container NAME --arg pod_dir DIRECTORY

def only(known; what): (keys - known) as $others | if $others == [] then . else error("\(what): \($others)") end;
def one(kind; name): map(select(.kind == kind and .metadata.name == name)) | if length == 1 then .[0] else error("\(kind) \(name)") end;
# podman counts in bytes and knows m and g, Kubernetes Mi and Gi.
def memory: sub("Mi$"; "m") | sub("Gi$"; "g");

def bytes: if test("Gi$") then (sub("Gi$"; "") | tonumber) * 1073741824 else (sub("Mi$"; "") | tonumber) * 1048576 end;

. as $rendered
| map(select(.kind == "StatefulSet"))[0].spec as $set
| $set.template.spec as $pod
| ($pod.securityContext | only(["fsGroup", "fsGroupChangePolicy", "runAsGroup", "runAsNonRoot", "runAsUser", "seccompProfile"]; "pod's securityContext")) as $user
| ($pod.initContainers + $pod.containers)[] | select(.name == $container)
| only(["args", "command", "env", "envFrom", "image", "livenessProbe", "name", "ports", "readinessProbe", "resources", "restartPolicy", "securityContext",
        "startupProbe", "volumeMounts"]; "container")
| (.securityContext | only(["allowPrivilegeEscalation", "capabilities", "readOnlyRootFilesystem"]; "securityContext")) as $security
| [
    "--user", "\($user.runAsUser):\($user.runAsGroup)",
    "--group-add", "\($user.fsGroup)",
    # podman's own default profile is what a runtime's default is.
    ($user.seccompProfile | if .type == "RuntimeDefault" then empty else error("seccompProfile") end),
    # podman would put a tmpfs on /tmp, /run and others of a read-only root; Kubernetes does not.
    ($security | if .readOnlyRootFilesystem then "--read-only", "--read-only-tmpfs=false" else empty end),
    ($security | if .allowPrivilegeEscalation == false then "--security-opt=no-new-privileges" else empty end),
    ($security.capabilities | only(["drop"]; "capabilities") | .drop[] | "--cap-drop=\(.)"),
    (.resources.limits | only(["memory"]; "limits") | "--memory=\(.memory | memory)"),
    (.envFrom // [] | .[] | only(["configMapRef"]; "envFrom") | .configMapRef.name as $name | $rendered | one("ConfigMap"; $name) | .data
      | to_entries[] | "--env", "\(.key)=\(.value)"),
    # Without a unit the kubelet says bytes.
    (.env // [] | .[] | only(["name", "valueFrom"]; "env") | .name as $name | .valueFrom | only(["resourceFieldRef"]; "valueFrom")
      | .resourceFieldRef | if .resource == "limits.memory" then . else error("resource") end | .containerName as $of
      | ($pod.initContainers + $pod.containers)[] | select(.name == $of) | "--env", "\($name)=\(.resources.limits.memory | bytes)"),
    (.volumeMounts[] | only(["mountPath", "name", "readOnly", "subPath"]; "volumeMount")
      | "--volume", "\($pod_dir)/\(.name)\(if .subPath then "/" + .subPath else "" end):\(.mountPath)\(if .readOnly then ":ro" else "" end)"),
    (if .command then "--entrypoint", (.command | tojson) else empty end),
    .image,
    (.args // [] | .[])
  ]
| .[] | @sh
