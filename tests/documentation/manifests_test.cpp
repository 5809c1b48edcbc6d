// Compares the manifests that scripts/check-manifests rendered with the agent: command lines, files, ports, probes.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/pod/probes.hpp"
#include "common/server/option_file.hpp"
#include "tests/documentation/rendered.hpp"
#include "tests/support/captured.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/scoped_env.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

namespace {

using Environment = std::map<std::string, std::string>;

/// The words after the program in a container that runs the agent.
std::optional<Strings> agent_words(const json& container) {
  Strings words = container.value("command", Strings());
  for (const std::string& word : container.value("args", Strings())) words.push_back(word);
  const bool by_image =
      !container.contains("command") && text_of(container.at("image")).find("mysql-agent:") != std::string::npos;
  if (by_image) return words;
  if (words.empty() || !words.front().ends_with("/mysql-agent")) return std::nullopt;
  return Strings(words.begin() + 1, words.end());
}

Environment environment_of(const Rendered& rendered, const json& container) {
  Environment out;
  for (const json& from : container.value("envFrom", json::array()))
    for (const auto& [name, value] :
         document(rendered, "ConfigMap", text_of(from.at("configMapRef").at("name"))).at("data").items())
      out[name] = text_of(value);
  for (const json& item : container.value("env", json::array()))
    if (item.contains("value")) out[text_of(item.at("name"))] = text_of(item.at("value"));
  return out;
}

/// The value that the agent takes for a flag in this container.
std::string value_of(const Rendered& rendered, const json& container, const std::string& flag) {
  const Strings words = *agent_words(container);
  const auto at = std::find(words.begin(), words.end(), flag);
  if (at != words.end() && at + 1 != words.end()) return *(at + 1);
  Environment environment = environment_of(rendered, container);
  for (const FlagDescription& item : describe_flags())
    if (item.flag == flag) return environment[item.variable].empty() ? item.default_text : environment[item.variable];
  FAIL("there is no flag " << flag);
  return "";
}

/// The mount of a container that a path lies in.
json mount_at(const json& container, const std::string& path) {
  json found;
  for (const json& mount : container.value("volumeMounts", json::array())) {
    const std::string at = text_of(mount.at("mountPath"));
    if (path != at && !path.starts_with(at + "/")) continue;
    if (found.is_null() || text_of(found.at("mountPath")).size() < at.size()) found = mount;
  }
  INFO(container.at("name") << ": nothing is mounted for " << path);
  REQUIRE_FALSE(found.is_null());
  return found;
}

/// The keys of a Secret, as the command in manifests/README.md makes them.
Words keys_of_secret(const std::string& name) {
  std::string text = test::read_text(repository / "manifests/README.md");
  const std::size_t command = text.find("create secret generic " + name + " ");
  REQUIRE(command != std::string::npos);
  text = text.substr(command, text.find("\n\n", command) - command);
  return matches(text, "--from-file=([a-z.-]+)");
}

/// The files of a volume of Secrets that the commands in README.md make: passwords, and a real certificate.
void write_secrets(const json& volume, const std::filesystem::path& directory) {
  static const TempDir certificates;
  static const TlsFiles tls = test::TestCa(certificates.path()).issue("mysql", "DNS:mysql-0.mysql");
  const std::map<std::string, std::filesystem::path> of_tls{
      {"tls.crt", tls.certificate}, {"tls.key", tls.key}, {"ca.crt", tls.ca}};
  Strings names;
  if (volume.contains("secret")) names.push_back(text_of(volume.at("secret").at("secretName")));
  else
    for (const json& source : volume.at("projected").at("sources"))
      names.push_back(text_of(source.at("secret").at("name")));
  for (const std::string& name : names)
    for (const std::string& key : keys_of_secret(name))
      write_text(directory / key, of_tls.count(key) ? test::read_text(of_tls.at(key))
                                                    : "a password of no less than 32 bytes, as is wanted");
}

struct Ran {
  int exit_code = 0;
  std::string error;
};

Ran run(const Strings& words, const Environment& environment) {
  std::vector<std::unique_ptr<test::ScopedEnv>> variables;
  for (const auto& [name, value] : environment)
    if (name != "PATH") variables.push_back(std::make_unique<test::ScopedEnv>(name.c_str(), value));
  std::vector<const char*> argv{"mysql-agent"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  const test::Captured error(STDERR_FILENO);
  Ran ran;
  ran.exit_code = run_command_line(static_cast<int>(argv.size()), argv.data());
  ran.error = error.text();
  return ran;
}

/// Runs a container's command line with its variables. The files of Secrets are in `directory`. `more` are flags that
/// make the run end early.
Ran run_in(const Rendered& rendered, const json& container, const std::filesystem::path& directory,
           const Strings& more) {
  Strings words = *agent_words(container);
  words.insert(words.end(), more.begin(), more.end());
  words.insert(words.end(), {"--pod-name", "mysql-1"});
  Environment environment = environment_of(rendered, container);
  for (const json& mount : container.at("volumeMounts")) {
    const json from = volume(pod_of(rendered), text_of(mount.at("name")));
    if (!from.contains("secret") && !from.contains("projected")) continue;
    write_secrets(from, directory);
    const std::string at = text_of(mount.at("mountPath")) + "/";
    for (auto& [name, value] : environment)
      if (value.starts_with(at)) value = directory / value.substr(at.size());
  }
  return run(words, environment);
}

unsigned answer(const std::string& path) {
  PodView view;
  view.pod = parse_pod_name("mysql-0");
  HttpRequest request;
  request.path = path;
  return static_cast<unsigned>(answer_probe(request, {&view, {}, false}, {}).status);
}

bool is_served(const std::string& path) {
  return answer(path) != 404;
}

}  // namespace

TEST_CASE("the agent takes each command line of the manifests, and with it the files that are mounted", "[manifests]") {
  Words seen;
  for (const Rendered& rendered : all_rendered()) {
    const json& pod = pod_of(rendered);
    int runs = 0;
    for (const json& container : containers_of(pod)) {
      const auto words = agent_words(container);
      if (!words) continue;
      ++runs;
      REQUIRE_FALSE(words->empty());
      const Environment environment = environment_of(rendered, container);
      const std::string command = json::array({*words, environment}).dump();
      if (!seen.insert(command + container.at("volumeMounts").dump() + pod.at("volumes").dump()).second) continue;
      INFO(rendered.name << ", " << container.at("name") << ": " << command);
      const TempDir dir;
      if (words->front() == "init-mysql") {
        std::filesystem::create_directory(dir / "conf.d");
        for (const auto& [name, text] : document(rendered, "ConfigMap", "mysql").at("data").items())
          write_text(dir / "map" / name, text_of(text));
        const Ran ran = run_in(rendered, container, dir / "secret",
                               {"--conf-dir", dir / "conf.d", "--config-map-dir", dir / "map"});
        INFO(ran.error);
        CHECK(ran.exit_code == 0);
        CHECK(std::filesystem::exists(dir / "conf.d" / option_files::replica));
      } else if (words->front() == "clone-mysql") {
        const std::string missing = dir / "missing";
        // No host has this address, so that the agent cannot listen.
        const Ran ran = run_in(rendered, container, dir / "secret",
                               {"--data-dir", missing, "--listen", "192.0.2.1", "--http-listen", "192.0.2.1:9307"});
        INFO(ran.error);
        CHECK(ran.exit_code == 2);
        CHECK(ran.error.find(missing) != std::string::npos);
      } else if (words->front() == "sidecar") {
        const Ran ran = run_in(rendered, container, dir / "secret", {"--http-listen", "nowhere"});
        INFO(ran.error);
        CHECK(ran.exit_code == 2);
        CHECK(ran.error.find("--http-listen 'nowhere'") != std::string::npos);
      } else {
        REQUIRE(words->size() == 2);
        CHECK((words->front() == "install" &&
               words->back() == text_of(mount_at(container, words->back()).at("mountPath"))));
        const Ran ran = run({"install", dir.path().string()}, environment);
        INFO(ran.error);
        CHECK(ran.exit_code == 0);
        CHECK(std::filesystem::exists(dir / "mysql-agent"));
      }
    }
    CHECK(runs >= 4);
  }
}

TEST_CASE("each variable of the agent's in the manifests is a flag's", "[manifests]") {
  Words known;
  for (const FlagDescription& flag : describe_flags()) known.insert(flag.variable);
  for (const Rendered& rendered : all_rendered())
    for (const json& container : containers_of(pod_of(rendered)))
      for (const auto& [name, value] : environment_of(rendered, container)) {
        INFO(rendered.name << ", " << container.at("name") << ": " << name);
        CHECK((name == "PATH" || known.count(name) == 1));
      }
}

TEST_CASE(
    "the containers of the manifests find the binary, the data, the option files and the socket in the same places",
    "[manifests]") {
  for (const Rendered& rendered : all_rendered()) {
    INFO(rendered.name);
    const json& pod = pod_of(rendered);
    const json server = container(pod, "mysql");
    const json install = container(pod, "install-agent");
    const json init = container(pod, "init-mysql");
    const std::string binary_dir = agent_words(install)->back();
    for (const json& container : containers_of(pod)) {
      for (const json& mount : container.at("volumeMounts")) {
        INFO(container.at("name") << " mounts " << mount);
        CHECK((mount.at("name") == "data" || !volume(pod, text_of(mount.at("name"))).is_null()));
      }
      const auto words = agent_words(container);
      if (!words || !container.contains("command")) continue;
      INFO(container.at("name"));
      CHECK(container.at("command").at(0) == binary_dir + "/mysql-agent");
      CHECK(mount_at(container, binary_dir).at("name") == mount_at(install, binary_dir).at("name"));
      const std::string path = environment_of(rendered, container).at("PATH");
      CHECK(path.starts_with(binary_dir + ":"));
      const std::string data = value_of(rendered, container, "--data-dir");
      CHECK(mount_at(container, data) == mount_at(server, data));
      CHECK(mount_at(server, data).at("name") == "data");
      if (words->front() != "clone-mysql") continue;
      // Its server reads the options where the pod's server does, and clone-mysql may change them.
      const json& options = mount_at(container, "/etc/mysql/conf.d");
      CHECK(options.at("name") == mount_at(server, "/etc/mysql/conf.d").at("name"));
      CHECK_FALSE(options.value("readOnly", false));
      CHECK(value_of(rendered, container, "--conf-dir") == "/etc/mysql/conf.d");
    }
    CHECK(mount_at(server, "/etc/mysql/conf.d").at("mountPath") == "/etc/mysql/conf.d");
    CHECK(mount_at(init, value_of(rendered, init, "--conf-dir")).at("name") ==
          mount_at(server, "/etc/mysql/conf.d").at("name"));
    CHECK(volume(pod, mount_at(init, value_of(rendered, init, "--config-map-dir")).at("name").get<std::string>())
              .at("configMap")
              .at("name") == "mysql");

    const json sidecar = container(pod, "sidecar");
    const std::string socket = value_of(rendered, sidecar, "--mysql-socket");
    const Strings arguments = server.at("args");
    CHECK(std::count(arguments.begin(), arguments.end(), "--socket=" + socket) == 1);
    CHECK(mount_at(sidecar, socket) == mount_at(server, socket));
  }
}

TEST_CASE("the ports of the manifests are the agent's and the server's, and the probes ask for paths that it serves",
          "[manifests]") {
  for (const Rendered& rendered : all_rendered()) {
    INFO(rendered.name);
    const json& pod = pod_of(rendered);
    const json sidecar = container(pod, "sidecar");
    std::map<std::string, int> ports;
    for (const json& container : containers_of(pod))
      for (const json& port : container.value("ports", json::array()))
        ports[text_of(port.at("name"))] = port.at("containerPort").get<int>();
    CHECK(ports == std::map<std::string, int>{{"mysql", mysql_port}, {"clone", clone_port}, {"metrics", http_port}});
    for (const char* flag : {"--clone-port", "--http-listen"})
      CHECK(value_of(rendered, sidecar, flag) == default_of(flag));
    for (const json& item : rendered.documents) {
      if (item.at("kind") != "Service") continue;
      for (const json& port : item.at("spec").at("ports")) CHECK(ports.at(text_of(port.at("name"))) == port.at("port"));
    }
    for (const json& container : containers_of(pod))
      for (const char* name : {"startupProbe", "livenessProbe", "readinessProbe"}) {
        if (!container.contains(name)) continue;
        const json& get = container.at(name).at("httpGet");
        INFO(container.at("name") << "'s " << name << ": " << get);
        CHECK(
            (get.at("port") == http_port || (container == sidecar && ports.at(text_of(get.at("port"))) == http_port)));
        CHECK(is_served(text_of(get.at("path"))));
        // These two probes of the sidecar hold the server back, or end the sidecar: they must not depend on the server.
        // A liveness probe of the server must not ask the sidecar, or the sidecar's failure would end the server.
        if (container == sidecar && name != std::string("readinessProbe"))
          CHECK(answer(text_of(get.at("path"))) == 200);
        CHECK((container == sidecar || name != std::string("livenessProbe")));
      }
    CHECK(sidecar.at("readinessProbe").at("httpGet").at("path") == "/readyz");
    CHECK(container(pod, "mysql").at("startupProbe").at("httpGet").at("path") == "/startupz");
    for (const json& item : rendered.documents) {
      if (item.at("kind") == "ServiceMonitor") {
        const json& endpoint = item.at("spec").at("endpoints").at(0);
        CHECK(ports.at(text_of(endpoint.at("port"))) == http_port);
        CHECK(is_served(text_of(endpoint.at("path"))));
      }
      if (item.at("kind") == "NetworkPolicy")
        for (const json& rule : item.at("spec").at("ingress"))
          for (const json& port : rule.at("ports"))
            CHECK((port.at("port") == mysql_port || port.at("port") == clone_port || port.at("port") == http_port));
    }
  }
}

TEST_CASE("the certificate of the manifests has the name of each pod, and the usages that the agent wants",
          "[manifests]") {
  int found = 0;
  for (const Rendered& rendered : all_rendered())
    for (const json& item : rendered.documents) {
      if (item.at("kind") != "Certificate" || item.at("metadata").at("name") != "mysql-tls") continue;
      INFO(rendered.name);
      ++found;
      PodSet set;
      set.pod = parse_pod_name("mysql-0");
      const Strings names = item.at("spec").at("dnsNames");
      for (std::uint32_t ordinal = 0; ordinal < document(rendered, "StatefulSet", "mysql").at("spec").at("replicas");
           ++ordinal)
        CHECK(std::count(names.begin(), names.end(), set.host(ordinal)) == 1);
      const Strings usages = item.at("spec").at("usages");
      for (const char* usage : {"server auth", "client auth"})
        CHECK(std::count(usages.begin(), usages.end(), usage) == 1);
      CHECK(item.at("spec").at("secretName") == "mysql-tls");
    }
  CHECK(found >= 6);
}

TEST_CASE("the pods of the manifests are fit for the Pod Security level restricted, and have no secret in a variable",
          "[manifests]") {
  for (const Rendered& rendered : all_rendered()) {
    INFO(rendered.name);
    const json& pod = pod_of(rendered);
    const json& security = pod.at("securityContext");
    CHECK(security.at("runAsNonRoot") == true);
    CHECK(security.at("runAsUser") == 999);
    CHECK(security.at("fsGroup") == 999);
    CHECK(security.at("seccompProfile").at("type") == "RuntimeDefault");
    for (const char* name : {"hostNetwork", "hostPID", "hostIPC", "hostUsers"}) CHECK_FALSE(pod.contains(name));
    for (const json& item : pod.at("volumes")) {
      INFO(item);
      CHECK((item.contains("emptyDir") || item.contains("configMap") || item.contains("secret") ||
             item.contains("projected")));
      CHECK(item.size() == 2);
    }
    for (const json& container : containers_of(pod)) {
      INFO(container.at("name"));
      CHECK(container.at("securityContext") == json{{"allowPrivilegeEscalation", false},
                                                    {"readOnlyRootFilesystem", true},
                                                    {"capabilities", {{"drop", {"ALL"}}}}});
      CHECK(container.at("resources").at("limits").contains("memory"));
      for (const json& port : container.value("ports", json::array())) CHECK_FALSE(port.contains("hostPort"));
      // No secret comes by a variable.
      for (const json& item : container.value("env", json::array()))
        if (item.contains("valueFrom")) CHECK(item.at("valueFrom").begin().key() == "resourceFieldRef");
      for (const json& item : container.value("envFrom", json::array())) CHECK(item.contains("configMapRef"));
    }
    for (const json& item : rendered.documents) CHECK(item.at("kind") != "Secret");
  }
}

TEST_CASE("init-mysql of each variant is told the memory limit of the server's container", "[manifests]") {
  for (const Rendered& rendered : all_rendered()) {
    INFO(rendered.name);
    const json& pod = pod_of(rendered);
    const json init = container(pod, "init-mysql");
    const json& of = init.at("env").at(0);
    CHECK(of.at("name") == "MYSQL_AGENT_SERVER_MEMORY");
    CHECK(of.at("valueFrom").at("resourceFieldRef").at("containerName") == "mysql");
    CHECK(of.at("valueFrom").at("resourceFieldRef").at("resource") == "limits.memory");
    CHECK(container(pod, "mysql").at("resources").at("limits").contains("memory"));
  }
}

TEST_CASE("the manifests keep the names that the agent and its README.md rely on", "[manifests]") {
  for (const Rendered& rendered : all_rendered()) {
    INFO(rendered.name);
    const json& set = document(rendered, "StatefulSet", "mysql").at("spec");
    CHECK(set.at("serviceName") == default_of("--service"));
    CHECK(set.at("podManagementPolicy") == "OrderedReady");
    CHECK_FALSE(set.contains("ordinals"));
    const json& headless = document(rendered, "Service", "mysql").at("spec");
    CHECK(headless.at("clusterIP") == "None");
    CHECK(headless.at("publishNotReadyAddresses") == true);
    CHECK_FALSE(document(rendered, "Service", "mysql-read").at("spec").contains("publishNotReadyAddresses"));
    CHECK(document(rendered, "Service", "mysql-primary").at("spec").at("selector") ==
          json{{"statefulset.kubernetes.io/pod-name", "mysql-0"}});

    const json labels = set.at("selector").at("matchLabels");
    CHECK(headless.at("selector") == labels);
    CHECK(document(rendered, "Service", "mysql-read").at("spec").at("selector") == labels);

    Strings order;
    for (const json& container : set.at("template").at("spec").at("initContainers")) {
      order.push_back(text_of(container.at("name")));
      CHECK(container.contains("restartPolicy") == (order.back() == "sidecar"));
    }
    Strings expected{"install-agent", "init-mysql", "clone-mysql", "sidecar"};
    if (rendered.name.starts_with("mysql-xtrabackup")) expected.insert(expected.end() - 1, "initialize-mysql");
    CHECK(order == expected);
  }
}
