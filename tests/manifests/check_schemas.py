"""Holds rendered manifests against the schemas of their kinds, and writes each FILE.yaml as FILE.json.

check_schemas.py FILE.yaml...

The models of Kubernetes' own Python client are made from the API's published schemas: the fields of each kind with their types,
and which ones are required. Like the API server with strict validation, no other field is let through. A field that holds an
integer or a string, a port for instance, has no type there. Nor have the models the values that a field may take: those of the
fields that we use are in VALUES, and a field that looks like one of that kind and is not there is an error.
"""

import json
import re
import sys

import yaml
from kubernetes import client

# What is no kind of Kubernetes' own: the fields that we use, as their CustomResourceDefinitions have them (cert-manager 1.x,
# Prometheus operator 0.x).
ISSUER_REF = {"name": str, "kind": str}
CUSTOM = {
    "cert-manager.io/v1 Issuer": {"selfSigned": {}, "ca": {"secretName": str}},
    "cert-manager.io/v1 Certificate": {
        "isCA": bool, "commonName": str, "secretName": str, "duration": str, "usages": [str], "dnsNames": [str],
        "privateKey": {"algorithm": str, "size": int, "rotationPolicy": str}, "issuerRef": ISSUER_REF},
    "monitoring.coreos.com/v1 ServiceMonitor": {
        "selector": "V1LabelSelector", "endpoints": [{"port": str, "path": str, "interval": str}]},
}
# As https://kubernetes.io/docs/reference/kubernetes-api/ (v1.32) has them. A container's restartPolicy is that of a native sidecar.
VALUES = {
    "V1Container.restartPolicy": ["Always"],
    "V1NetworkPolicySpec.policyTypes": ["Ingress", "Egress"],
    "V1PersistentVolumeClaimSpec.accessModes": ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"],
    "V1PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy": ["IfHealthyBudget", "AlwaysAllow"],
    "V1PodSpec.restartPolicy": ["Always", "OnFailure", "Never"],
    "V1PodSecurityContext.fsGroupChangePolicy": ["Always", "OnRootMismatch"],
    "V1SeccompProfile.type": ["RuntimeDefault", "Localhost", "Unconfined"],
    "V1StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted": ["Retain", "Delete"],
    "V1StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled": ["Retain", "Delete"],
    "V1StatefulSetSpec.podManagementPolicy": ["OrderedReady", "Parallel"],
    "V1Toleration.operator": ["Exists", "Equal"],
    "V1TopologySpreadConstraint.whenUnsatisfiable": ["DoNotSchedule", "ScheduleAnyway"],
}
ONE_OF_SOME = re.compile(r"(Policy|Policies|Modes?|Types?|[uU]nsatisfiable|Deleted|Scaled|^type|^protocol|^scheme|^operator|^effect|^medium)$")
PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float), "datetime": str}


def check(value, kind, where):
    """Yields what is wrong with `value`. `kind` is as the models write it (str, list[V1Volume]), or as in CUSTOM."""
    if isinstance(kind, dict):
        yield from check_fields(value, kind, [], where)
    elif isinstance(kind, list) or isinstance(kind, str) and kind.startswith("list["):
        item = kind[0] if isinstance(kind, list) else kind[len("list["):-1]
        if not isinstance(value, list):
            yield f"{where}: not a list"
            return
        for index, one in enumerate(value):
            yield from check(one, item, f"{where}[{index}]")
    elif isinstance(kind, str) and kind.startswith("dict("):
        if not isinstance(value, dict):
            yield f"{where}: not a map"
            return
        for key, one in value.items():
            yield from check(key, "str", f"{where}, the key {key}")
            yield from check(one, kind[len("dict(str, "):-1], f"{where}.{key}")
    elif kind == "object":
        return
    elif kind in PLAIN or isinstance(kind, type):
        plain = PLAIN.get(kind, kind)
        if not isinstance(value, plain) or isinstance(value, bool) and plain is not bool:
            yield f"{where}: {value!r} is not of the type {kind}"
    else:
        yield from check_model(value, getattr(client, kind), where)


def check_model(value, model, where):
    fields = {model.attribute_map[name]: kind for name, kind in model.openapi_types.items()}
    required = []
    # A model refuses None for what is required, and only that.
    empty = model(local_vars_configuration=relaxed)
    empty.local_vars_configuration = strict
    for name in model.openapi_types:
        try:
            setattr(empty, name, None)
        except ValueError:
            required.append(model.attribute_map[name])
    yield from check_fields(value, fields, required, where)
    for name in fields if isinstance(value, dict) else []:
        if name in value and fields[name] in ("str", "list[str]") and ONE_OF_SOME.search(name):
            yield from check_value(value[name], f"{model.__name__}.{name}", f"{where}.{name}")


def check_value(value, field, where):
    if field not in VALUES:
        yield f"{where}: VALUES does not say what {field} may be"
        return
    for one in value if isinstance(value, list) else [value]:
        if one not in VALUES[field]:
            yield f"{where}: {one!r} is none of {', '.join(VALUES[field])}"


def check_fields(value, fields, required, where):
    if not isinstance(value, dict):
        yield f"{where}: not a map of fields"
        return
    for name in required:
        if value.get(name) is None:
            yield f"{where}: {name} is missing"
    for name, one in value.items():
        if name not in fields:
            yield f"{where}: there is no field {name}"
        elif one is None:
            yield f"{where}.{name}: has no value"
        else:
            yield from check(one, fields[name], f"{where}.{name}")


def check_document(document, where):
    name = f"{document.get('apiVersion')} {document.get('kind')}"
    where = f"{where}: {document.get('kind')} {document.get('metadata', {}).get('name')}"
    if name in CUSTOM:
        meta = {"apiVersion": str, "kind": str, "metadata": "V1ObjectMeta", "spec": CUSTOM[name]}
        yield from check_fields(document, meta, list(meta), where)
        return
    model = getattr(client, "V1" + str(document.get("kind")), None)
    if not str(document.get("apiVersion")).split("/")[-1] == "v1" or model is None:
        yield f"{where}: no schema of {name}"
        return
    yield from check_model(document, model, where)


strict = client.Configuration()
relaxed = client.Configuration()
relaxed.client_side_validation = False

errors = []
for file in sys.argv[1:]:
    with open(file, encoding="utf-8") as text:
        documents = list(yaml.safe_load_all(text))
    if not documents:
        errors.append(f"{file}: nothing in it")
    for document in documents:
        errors += check_document(document, file)
    with open(file.removesuffix(".yaml") + ".json", "w", encoding="utf-8") as out:
        json.dump(documents, out, indent=1)
for error in errors:
    print("check_schemas: " + error, file=sys.stderr)
sys.exit(1 if errors or len(sys.argv) < 2 else 0)
