#pragma once

#include <catch2/catch.hpp>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "agent/cli/command_line.hpp"
#include "agent/cli/flags.hpp"
#include "tests/support/temp_dir.hpp"

/// The manifests that scripts/check-manifests rendered. Tests compare them with the agent, and with Kubernetes'
/// conventions.
namespace mysql_agent::test {

using nlohmann::json;
using Strings = std::vector<std::string>;
using Words = std::set<std::string>;

inline const std::filesystem::path repository = REPOSITORY;

struct Rendered {
  std::string name;
  json documents;
};

inline std::string text_of(const json& value) {
  return value.get<std::string>();
}

inline std::vector<Rendered> rendered_in(const std::filesystem::path& folder) {
  std::vector<Rendered> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".json")
      out.push_back({entry.path().stem().string(), json::parse(test::read_text(entry.path()))});
  REQUIRE(out.size() > 15);
  return out;
}

/// The variants, with and without components, and the examples of sets named mysql.
inline std::vector<Rendered> all_rendered() {
  return rendered_in(RENDERED_MANIFESTS);
}

/// The parts of docs/customize.md on the variants, and sets of other names.
inline std::vector<Rendered> customized() {
  return rendered_in(std::filesystem::path(RENDERED_MANIFESTS) / "customized");
}

inline const json& document(const Rendered& rendered, const std::string& kind, const std::string& name) {
  for (const json& one : rendered.documents)
    if (one.at("kind") == kind && one.at("metadata").at("name") == name) return one;
  INFO(rendered.name << ": there is no " << kind << " " << name);
  REQUIRE(false);
  return rendered.documents;
}

inline const json& pod_of(const Rendered& rendered) {
  return document(rendered, "StatefulSet", "mysql").at("spec").at("template").at("spec");
}

inline std::vector<json> containers_of(const json& pod) {
  std::vector<json> out = pod.at("initContainers");
  out.insert(out.end(), pod.at("containers").begin(), pod.at("containers").end());
  return out;
}

inline json container(const json& pod, const std::string& name) {
  for (const json& one : containers_of(pod))
    if (one.at("name") == name) return one;
  INFO("there is no container " << name);
  REQUIRE(false);
  return {};
}

inline json volume(const json& pod, const std::string& name) {
  for (const json& one : pod.at("volumes"))
    if (one.at("name") == name) return one;
  return {};
}

inline Words matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  Words out;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) out.insert((*at)[1]);
  return out;
}

inline std::string default_of(const std::string& flag) {
  for (const FlagDescription& one : describe_flags())
    if (one.flag == flag) return one.default_text;
  return "";
}

inline const int clone_port = std::stoi(default_of("--clone-port"));
inline const int http_port = std::stoi(default_of("--http-listen").substr(default_of("--http-listen").find(':') + 1));
constexpr int mysql_port = 3306;

}  // namespace mysql_agent::test
