// What users change of the manifests, as docs/customize.md shows it and scripts/check-manifests rendered it.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <regex>
#include <string>

#include "common/base/pod.hpp"
#include "tests/documentation/rendered.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

std::vector<json> of_kind(const Rendered& rendered, const std::string& kind) {
  std::vector<json> out;
  for (const json& item : rendered.documents)
    if (item.at("kind") == kind) out.push_back(item);
  return out;
}

std::string name_of(const json& object) {
  return text_of(object.at("metadata").at("name"));
}

Strings order_of(const json& set) {
  Strings out;
  for (const json& container : set.at("spec").at("template").at("spec").at("initContainers"))
    out.push_back(text_of(container.at("name")));
  return out;
}

Rendered find(const std::vector<Rendered>& all, const std::string& name) {
  for (const Rendered& rendered : all)
    if (rendered.name == name) return rendered;
  FAIL("nothing was rendered as " << name);
  return {};
}

/// Whether a selector finds the pods of a set.
bool finds(const json& selector, const json& set) {
  json labels = set.at("spec").at("template").at("metadata").at("labels");
  labels["statefulset.kubernetes.io/pod-name"] = name_of(set) + "-0";
  return std::all_of(selector.items().begin(), selector.items().end(),
                     [&](const auto& label) { return labels.value(label.key(), "") == label.value(); });
}

json selector_of(const json& object) {
  const json& spec = object.at("spec");
  if (object.at("kind") == "Service") return spec.at("selector");
  return spec.at(object.at("kind") == "NetworkPolicy" ? "podSelector" : "selector").at("matchLabels");
}

/// The names in this pod template that must be those of objects, or of the set's Secrets.
void check_references(const Rendered& rendered, const json& set) {
  const std::string name = name_of(set);
  Words config_maps;
  for (const json& item : of_kind(rendered, "ConfigMap")) config_maps.insert(name_of(item));
  const json& pod = set.at("spec").at("template").at("spec");
  for (const json& container : containers_of(pod))
    for (const json& from : container.value("envFrom", json::array())) {
      const std::string variables = text_of(from.at("configMapRef").at("name"));
      INFO(name << ", " << container.at("name") << ": " << variables);
      CHECK(config_maps.count(variables) == 1);
      CHECK(variables.starts_with(name + "-agent-"));
      CHECK(document(rendered, "ConfigMap", variables).at("data").at("MYSQL_AGENT_SERVICE") ==
            set.at("spec").at("serviceName"));
    }
  CHECK(volume(pod, "config-map").at("configMap").at("name") == name);
  CHECK(config_maps.count(name) == 1);
  const json secrets = volume(pod, "secret");
  for (const json& source : secrets.at("projected").at("sources")) {
    const std::string secret = text_of(source.at("secret").at("name"));
    CHECK((secret == name || secret == name + "-tls"));
  }
  CHECK(document(rendered, "Service", text_of(set.at("spec").at("serviceName"))).at("spec").at("clusterIP") == "None");
}

}  // namespace

TEST_CASE("what users change leaves the init containers in their order, and changes something", "[manifests]") {
  const auto all = all_rendered();
  int parts = 0;
  for (const Rendered& rendered : customized()) {
    if (rendered.name == "merged") continue;
    INFO(rendered.name);
    for (const json& set : of_kind(rendered, "StatefulSet")) {
      const json& pod = set.at("spec").at("template").at("spec");
      INFO(set.at("metadata").at("name"));
      const bool xtrabackup = order_of(set).size() == 5;
      Strings expected{"install-agent", "init-mysql", "clone-mysql", "sidecar"};
      if (xtrabackup) expected.insert(expected.end() - 1, "initialize-mysql");
      CHECK(order_of(set) == expected);
      CHECK(xtrabackup == (text_of(container(pod, "clone-mysql").at("image")).find("xtrabackup") != std::string::npos));
    }
    for (const char* variant : {"mariadb", "mysql-xtrabackup"}) {
      if (!std::regex_match(rendered.name, std::regex(variant + std::string("-[0-9]+")))) continue;
      ++parts;
      CHECK(rendered.documents != find(all, variant).documents);
    }
  }
  CHECK(parts >= 18);
}

TEST_CASE("a strategic merge patch moves an init container to the front, as docs/customize.md says", "[manifests]") {
  CHECK(order_of(of_kind(find(customized(), "merged"), "StatefulSet").at(0)).front() == "clone-mysql");
}

TEST_CASE("two sets of other names are apart in one namespace", "[manifests]") {
  const Rendered rendered = find(customized(), "two-sets");
  const std::vector<json> sets = of_kind(rendered, "StatefulSet");
  REQUIRE(sets.size() == 2);
  for (const json& set : sets) check_references(rendered, set);
  for (const char* kind : {"Service", "NetworkPolicy", "PodDisruptionBudget", "StatefulSet"}) {
    std::map<std::string, int> found;
    for (const json& item : of_kind(rendered, kind))
      for (const json& set : sets) {
        const bool own = name_of(item).starts_with(name_of(set));
        INFO(kind << " " << name_of(item) << " and the pods of " << name_of(set));
        CHECK(finds(selector_of(item), set) == own);
        found[name_of(set)] += own;
      }
    CHECK(found[name_of(sets.at(0))] == (kind == std::string("Service") ? 3 : 1));
    CHECK(found[name_of(sets.at(0))] == found[name_of(sets.at(1))]);
  }
  // The peers of a policy are the set's own.
  for (const json& policy : of_kind(rendered, "NetworkPolicy"))
    CHECK(policy.at("spec").at("ingress").at(0).at("from").at(0).at("podSelector").at("matchLabels") ==
          selector_of(policy));
}

TEST_CASE("a set of another name leaves none of its objects with the old one", "[manifests]") {
  const Rendered rendered = find(customized(), "named-with-all");
  const json set = of_kind(rendered, "StatefulSet").at(0);
  check_references(rendered, set);
  for (const json& item : rendered.documents) {
    INFO(item.at("kind") << " " << name_of(item));
    CHECK((name_of(item) == "orders-db" || name_of(item).starts_with("orders-db-")));
    CHECK(item.at("metadata").at("labels").at("app") == "orders-db");
    CHECK(item.at("metadata").at("labels").at("app.kubernetes.io/instance") == "orders-db");
  }
  Words issuers;
  for (const json& item : of_kind(rendered, "Issuer")) issuers.insert(name_of(item));
  Words secrets;
  for (const json& item : of_kind(rendered, "Certificate")) {
    CHECK(issuers.count(text_of(item.at("spec").at("issuerRef").at("name"))) == 1);
    secrets.insert(text_of(item.at("spec").at("secretName")));
    if (name_of(item) != "orders-db-tls") continue;
    PodSet pods;
    pods.pod = parse_pod_name("orders-db-0");
    pods.service = text_of(set.at("spec").at("serviceName"));
    const Strings names = item.at("spec").at("dnsNames");
    for (std::uint32_t ordinal = 0; ordinal < 5; ++ordinal)
      CHECK(std::count(names.begin(), names.end(), pods.host(ordinal)) == 1);
  }
  CHECK(secrets == Words{"orders-db-ca", "orders-db-tls"});
  for (const json& item : of_kind(rendered, "Issuer"))
    if (item.at("spec").contains("ca")) CHECK(secrets.count(text_of(item.at("spec").at("ca").at("secretName"))) == 1);
  CHECK(finds(selector_of(of_kind(rendered, "ServiceMonitor").at(0)), set));
}

TEST_CASE("no image of the manifests has a tag that moves, and the table of variants names the servers' images",
          "[manifests]") {
  std::map<std::string, std::string> servers;
  for (const Rendered& rendered : all_rendered()) {
    for (const json& container : containers_of(pod_of(rendered))) {
      const std::string image = text_of(container.at("image"));
      INFO(rendered.name << ", " << container.at("name") << ": " << image);
      CHECK(std::regex_search(image, std::regex(":[0-9]+[.][0-9]+[.][0-9]+(-[0-9.]+)?$")));
    }
    servers[rendered.name] = text_of(container(pod_of(rendered), "mysql").at("image"));
  }
  const std::string guide = read_text(repository / "manifests/README.md");
  for (const char* variant : {"mariadb", "mysql", "mysql-xtrabackup"}) {
    INFO(variant << ": " << servers.at(variant));
    CHECK(guide.find("| `" + std::string(variant) + "` | `" + servers.at(variant) + "` |") != std::string::npos);
  }
}

TEST_CASE("kubectl finds the server's container of a pod of the manifests by itself", "[manifests]") {
  for (const Rendered& rendered : all_rendered()) {
    INFO(rendered.name);
    const json& template_of_pods = document(rendered, "StatefulSet", "mysql").at("spec").at("template");
    CHECK(template_of_pods.at("metadata").at("annotations").at("kubectl.kubernetes.io/default-container") == "mysql");
  }
}
