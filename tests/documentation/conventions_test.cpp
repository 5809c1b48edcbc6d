// Compares the manifests that scripts/check-manifests rendered with Kubernetes' conventions, and with fields that can
// never be changed later.
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <string>

#include "common/base/units.hpp"
#include "tests/documentation/rendered.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

// The labels of the tutorial. A StatefulSet's selector can never be changed.
const json set_labels{{"app", "mysql"}, {"app.kubernetes.io/name", "mysql"}};

const json& set_of(const Rendered& rendered) {
  return document(rendered, "StatefulSet", "mysql");
}

json labels_of(const json& object) {
  return object.at("metadata").value("labels", json::object());
}

bool selects(const json& selector, const json& labels) {
  return std::all_of(selector.items().begin(), selector.items().end(),
                     [&](const auto& label) { return labels.value(label.key(), "") == label.value(); });
}

/// Calls `check` for each document of a kind in all renderings. The test fails if there is none.
template <typename Check>
void each_of_kind(const std::string& kind, const Check& check) {
  int found = 0;
  for (const Rendered& rendered : all_rendered())
    for (const json& item : rendered.documents) {
      if (item.at("kind") != kind) continue;
      INFO(rendered.name << ": " << kind << " " << item.at("metadata").at("name"));
      check(rendered, item);
      ++found;
    }
  INFO(kind);
  CHECK(found > 0);
}

std::string tag_of(const json& container) {
  const std::string image = text_of(container.at("image"));
  return image.substr(image.rfind(':') + 1);
}

std::chrono::seconds allowed(const json& probe) {
  return std::chrono::seconds(probe.at("failureThreshold").get<int>() * probe.at("periodSeconds").get<int>());
}

}  // namespace

TEST_CASE("each object of the manifests has Kubernetes' recommended labels, and the pods have them too",
          "[manifests]") {
  for (const Rendered& rendered : all_rendered()) {
    const json& set = set_of(rendered);
    const json version = tag_of(container(pod_of(rendered), "mysql"));
    for (const json& item : rendered.documents) {
      INFO(rendered.name << ": " << item.at("kind") << " " << item.at("metadata").at("name"));
      const json labels = labels_of(item);
      CHECK(selects(set_labels, labels));
      for (const char* name : {"instance", "component", "part-of", "managed-by"})
        CHECK(labels.contains(std::string("app.kubernetes.io/") + name));
    }
    INFO(rendered.name);
    CHECK(labels_of(set).value("app.kubernetes.io/version", "") == version);
    CHECK(labels_of(set.at("spec").at("template")) == labels_of(set));
  }
}

TEST_CASE("what a StatefulSet never lets change is the tutorial's", "[manifests]") {
  for (const Rendered& rendered : all_rendered()) {
    INFO(rendered.name);
    const json& spec = set_of(rendered).at("spec");
    CHECK(spec.at("selector") == json{{"matchLabels", set_labels}});
    REQUIRE(spec.at("volumeClaimTemplates").size() == 1);
    const json& claim = spec.at("volumeClaimTemplates").at(0);
    CHECK(claim.at("metadata") == json{{"name", "data"}});
    const bool one_pod = rendered.name.ends_with("+read-write-once-pod") || rendered.name.ends_with("+all");
    const json modes{one_pod ? "ReadWriteOncePod" : "ReadWriteOnce"};
    CHECK(claim.at("spec") == json{{"accessModes", modes}, {"resources", {{"requests", {{"storage", "10Gi"}}}}}});
  }
}

TEST_CASE("the kustomization with which the tutorial's set is taken over keeps the name of the primary's log",
          "[manifests]") {
  for (const Rendered& rendered : all_rendered()) {
    const std::string options = document(rendered, "ConfigMap", "mysql").at("data").at("primary.cnf");
    INFO(rendered.name << ": " << options);
    // The other kustomizations leave the name to the agent.
    CHECK((options.find("log-bin") != std::string::npos) == (rendered.name == "upgrade"));
  }
}

TEST_CASE("each selector of the manifests finds the set's pods, and each target port is one of theirs", "[manifests]") {
  each_of_kind("Service", [](const Rendered& rendered, const json& service) {
    json pod_labels = labels_of(set_of(rendered).at("spec").at("template"));
    pod_labels["statefulset.kubernetes.io/pod-name"] = "mysql-0";
    CHECK(selects(service.at("spec").at("selector"), pod_labels));
    for (const json& port : service.at("spec").at("ports")) {
      const json target = port.value("targetPort", port.at("port"));
      int found = 0;
      for (const json& container : containers_of(pod_of(rendered)))
        for (const json& item : container.value("ports", json::array()))
          found += item.at("containerPort") == target || item.at("name") == target;
      INFO(port);
      CHECK(found == 1);
    }
  });
  each_of_kind("NetworkPolicy", [](const Rendered&, const json& policy) {
    CHECK(policy.at("spec").at("podSelector").at("matchLabels") == set_labels);
  });
  each_of_kind("PodDisruptionBudget", [](const Rendered&, const json& budget) {
    CHECK(budget.at("spec").at("selector").at("matchLabels") == set_labels);
  });
  each_of_kind("StatefulSet", [](const Rendered& rendered, const json&) {
    for (const json& spread : pod_of(rendered).at("topologySpreadConstraints"))
      CHECK(spread.at("labelSelector").at("matchLabels") == set_labels);
  });
  each_of_kind("ServiceMonitor", [](const Rendered& rendered, const json& monitor) {
    Words scraped;
    for (const json& item : rendered.documents) {
      if (item.at("kind") != "Service" ||
          !selects(monitor.at("spec").at("selector").at("matchLabels"), labels_of(item)))
        continue;
      for (const json& port : item.at("spec").at("ports"))
        if (port.at("name") == monitor.at("spec").at("endpoints").at(0).at("port"))
          scraped.insert(text_of(item.at("metadata").at("name")));
    }
    // With two Services each pod would be scraped twice.
    CHECK(scraped == Words{"mysql"});
  });
}

TEST_CASE("the network policy lets the set's pods ask each other all that the agent asks, and nobody else for a clone",
          "[manifests]") {
  each_of_kind("NetworkPolicy", [](const Rendered&, const json& policy) {
    CHECK(policy.at("spec").at("policyTypes") == json{"Ingress"});
    std::set<int> peers;
    for (const json& rule : policy.at("spec").at("ingress")) {
      std::set<int> ports;
      for (const json& port : rule.at("ports")) ports.insert(port.at("port").get<int>());
      const json to_peers{{{"podSelector", {{"matchLabels", set_labels}}}}};
      if (rule.at("from") == to_peers) peers.insert(ports.begin(), ports.end());
      else CHECK(ports.count(clone_port) == 0);
      // The other pods of the namespace are clients of the server, not of the agent.
      if (rule.at("from").at(0).value("podSelector", json()) == json::object())
        CHECK(ports == std::set<int>{mysql_port});
    }
    // Port by port: replication and the clone plugin; streams and donors' answers; status --all.
    CHECK(peers == std::set<int>{mysql_port, clone_port, http_port});
  });
}

TEST_CASE("the manifests keep volumes, spread the pods, and give the server time to end", "[manifests]") {
  const auto shutdown_grace = parse_duration(default_of("--shutdown-grace"));
  each_of_kind("StatefulSet", [&](const Rendered& rendered, const json& set) {
    CHECK(set.at("spec").at("persistentVolumeClaimRetentionPolicy") ==
          json{{"whenDeleted", "Retain"}, {"whenScaled", "Retain"}});
    const json& pod = pod_of(rendered);
    Words spread;
    for (const json& item : pod.at("topologySpreadConstraints")) {
      spread.insert(text_of(item.at("topologyKey")));
      // A cluster with one node or one zone must run the set too.
      CHECK(item.at("whenUnsatisfiable") == "ScheduleAnyway");
      CHECK(item.at("maxSkew") == 1);
    }
    CHECK(spread == Words{"kubernetes.io/hostname", "topology.kubernetes.io/zone"});
    // The sidecar ends after the server, in the rest of the grace period.
    CHECK(std::chrono::seconds(pod.at("terminationGracePeriodSeconds").get<int>()) >=
          std::chrono::minutes(4) + shutdown_grace);
    for (const json& item : containers_of(pod)) CHECK_FALSE(item.contains("lifecycle"));
  });
  each_of_kind("PodDisruptionBudget", [](const Rendered&, const json& budget) {
    CHECK(budget.at("spec").at("maxUnavailable") == 1);
    CHECK_FALSE(budget.at("spec").contains("minAvailable"));
    CHECK(budget.at("spec").at("unhealthyPodEvictionPolicy") == "AlwaysAllow");
  });
}

TEST_CASE("the probes of the manifests give a start the time that it takes", "[manifests]") {
  each_of_kind("StatefulSet", [](const Rendered& rendered, const json&) {
    const json server = container(pod_of(rendered), "mysql");
    const json sidecar = container(pod_of(rendered), "sidecar");
    // A crash recovery that is killed starts from the beginning.
    CHECK(allowed(server.at("startupProbe")) >= std::chrono::hours(24));
    CHECK(allowed(sidecar.at("startupProbe")) >= std::chrono::seconds(60));
    CHECK(sidecar.at("startupProbe").at("periodSeconds") == 1);
    CHECK(sidecar.at("livenessProbe").at("periodSeconds") >= 10);
    CHECK(sidecar.at("livenessProbe").value("failureThreshold", 3) >= 3);
    CHECK(sidecar.at("readinessProbe").at("periodSeconds") <= 5);
  });
}

TEST_CASE("a pod of the manifests is given no token, no variables of Services, and its volumes as they are wanted",
          "[manifests]") {
  each_of_kind("StatefulSet", [](const Rendered& rendered, const json&) {
    const json& pod = pod_of(rendered);
    CHECK(pod.at("automountServiceAccountToken") == false);
    CHECK(pod.at("enableServiceLinks") == false);
    CHECK(pod.at("securityContext").at("fsGroupChangePolicy") == "OnRootMismatch");
    CHECK(pod.at("securityContext").at("runAsGroup") == 999);
    const json secret = volume(pod, "secret");
    CHECK((secret.contains("secret") ? secret.at("secret") : secret.at("projected")).at("defaultMode") == 0440);
    // The server gets no secret.
    const json server = container(pod, "mysql");
    for (const json& mount : server.at("volumeMounts")) CHECK(mount.at("name") != "secret");
    for (const json& item : pod.at("volumes"))
      if (item.contains("emptyDir")) CHECK(item.at("emptyDir").contains("sizeLimit") == (item.at("name") != "tmp"));
    CHECK(server.at("resources").at("requests").contains("ephemeral-storage"));
    for (const json& item : containers_of(pod)) {
      INFO(item.at("name"));
      for (const char* resource : {"cpu", "memory"}) CHECK(item.at("resources").at("requests").contains(resource));
      CHECK_FALSE(item.at("resources").at("limits").contains("cpu"));
    }
  });
}

TEST_CASE("the server of the manifests listens on no port but its own", "[manifests]") {
  each_of_kind("StatefulSet", [](const Rendered& rendered, const json&) {
    const json server = container(pod_of(rendered), "mysql");
    // By default MySQL listens for the X protocol on port 33060.
    const bool mariadb = text_of(server.at("image")).starts_with("mariadb:");
    CHECK(server.at("command") == (mariadb ? json{"mariadbd"} : json{"mysqld", "--loose-mysqlx=OFF"}));
  });
}
