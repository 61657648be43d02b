// The YAML of a prover's description: every key is known, every placeholder is defined.
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "base/display.h"
#include "base/status.h"
#include "base/text.h"
#include "base/yaml_tree.h"
#include "workloads/prover_description.h"

namespace benchfleet {
namespace {

using Node = std::shared_ptr<const YamlNode>;

// A text and where it stands, for the check of its placeholders once all of them are known.
struct SeenText {
  std::string text;
  YamlPosition at;
  bool in_step = false;  // {out} has a value
};

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  absl::StatusOr<ProverDescription> Read(const YamlNode& root);

 private:
  using Take = std::function<absl::Status(const YamlNode&)>;
  struct Field {
    const char* name;
    bool required;
    Take take;
  };

  absl::Status Error(const YamlNode& node, const std::string& what) const {
    return YamlError(file_, node.at, what);
  }
  absl::Status Map(const YamlNode& node, const std::string& what, const std::vector<Field>& fields);
  absl::Status Entries(const YamlNode& node, const std::string& what,
                       const std::function<absl::Status(const YamlNode::Entry&)>& each) const;
  Take Text(std::string& target, bool placeholders = true);
  Take Texts(std::vector<std::string>& target);
  Take TextMap(StringMap& target, bool defines = false, bool placeholders = true);
  Take Choice(bool& target, const std::string& no, const std::string& yes);
  absl::Status Define(const YamlNode::Entry& entry);

  absl::Status Program(const YamlNode::Entry& entry);
  absl::Status Circuits(const YamlNode& node);
  absl::Status Step(const YamlNode& node);
  absl::Status Warm(const YamlNode& node);
  absl::Status Check(const YamlNode& root);

  const std::string file_;
  ProverDescription read_;
  bool in_step_ = false;
  std::vector<SeenText> seen_;
  std::set<std::string> known_ = {"bin",     "provers",       "work",    "circuit", "description",
                                  "threads", "public_inputs", "witness", "proof"};
};

std::vector<std::string> NamesOf(const std::set<std::string>& names) {
  return {names.begin(), names.end()};
}

absl::Status Reader::Map(const YamlNode& node, const std::string& what,
                         const std::vector<Field>& fields) {
  std::vector<std::string> names;
  for (const Field& field : fields) names.emplace_back(field.name);
  std::set<std::string> given;
  BF_RETURN_IF_ERROR(Entries(node, what, [&](const YamlNode::Entry& entry) -> absl::Status {
    for (const Field& field : fields) {
      if (entry.key != field.name) continue;
      given.insert(entry.key);
      return field.take(*entry.value);
    }
    return YamlError(file_, entry.key_at,
                     absl::StrFormat("%s has no '%s'%s", what, Printable(entry.key),
                                     DidYouMean(entry.key, names)));
  }));
  for (const Field& field : fields) {
    if (field.required && !given.contains(field.name)) {
      return Error(node, absl::StrFormat("%s lacks '%s'", what, field.name));
    }
  }
  return absl::OkStatus();
}

absl::Status Reader::Entries(
    const YamlNode& node, const std::string& what,
    const std::function<absl::Status(const YamlNode::Entry&)>& each) const {
  if (node.kind != YamlNode::Kind::kMap) {
    return Error(node, absl::StrFormat("%s is %s, expected a map", what, Describe(node)));
  }
  for (const YamlNode::Entry& entry : node.entries) BF_RETURN_IF_ERROR(each(entry));
  return absl::OkStatus();
}

Reader::Take Reader::Text(std::string& target, bool placeholders) {
  return [this, &target, placeholders](const YamlNode& node) -> absl::Status {
    if (node.kind != YamlNode::Kind::kScalar) {
      return Error(node, absl::StrFormat("%s, expected text", Describe(node)));
    }
    target = node.text;
    if (placeholders) seen_.push_back({node.text, node.at, in_step_});
    return absl::OkStatus();
  };
}

Reader::Take Reader::Texts(std::vector<std::string>& target) {
  return [this, &target](const YamlNode& node) -> absl::Status {
    if (node.kind != YamlNode::Kind::kList || node.items.empty()) {
      return Error(node, absl::StrFormat("%s, expected a list of texts", Describe(node)));
    }
    for (const Node& item : node.items) {
      BF_RETURN_IF_ERROR(Text(target.emplace_back())(*item));
    }
    return absl::OkStatus();
  };
}

absl::Status Reader::Define(const YamlNode::Entry& entry) {
  if (!PlaceholdersIn("{" + entry.key + "}").empty()) {
    known_.insert(entry.key);
    return absl::OkStatus();
  }
  return YamlError(
      file_, entry.key_at,
      absl::StrFormat("'%s' is no name, expected letters, digits and '_'", Printable(entry.key)));
}

Reader::Take Reader::TextMap(StringMap& target, bool defines, bool placeholders) {
  return [this, &target, defines, placeholders](const YamlNode& node) {
    return Entries(node, "this", [&](const YamlNode::Entry& entry) -> absl::Status {
      if (defines) BF_RETURN_IF_ERROR(Define(entry));
      return Text(target[entry.key], placeholders)(*entry.value);
    });
  };
}

Reader::Take Reader::Choice(bool& target, const std::string& no, const std::string& yes) {
  return [this, &target, no, yes](const YamlNode& node) -> absl::Status {
    target = node.text == yes;
    if (node.kind == YamlNode::Kind::kScalar && (target || node.text == no)) {
      return absl::OkStatus();
    }
    return Error(node, absl::StrFormat("%s, expected '%s' or '%s'", Describe(node), no, yes));
  };
}

absl::Status Reader::Program(const YamlNode::Entry& entry) {
  BF_RETURN_IF_ERROR(Define(entry));
  ProverProgram& program = read_.programs.emplace_back();
  program.name = entry.key;
  return Map(*entry.value, "a program",
             {{"path", true, Text(program.path)}, {"package", true, Text(program.package, false)}});
}

absl::Status Reader::Circuits(const YamlNode& node) {
  BF_RETURN_IF_ERROR(Entries(node, "'circuits'", [this](const YamlNode::Entry& entry) {
    return TextMap(read_.circuits[entry.key], /*defines=*/true)(*entry.value);
  }));
  return node.entries.empty() ? Error(node, "no circuits, expected a map") : absl::OkStatus();
}

absl::Status Reader::Step(const YamlNode& node) {
  ProverStep& step = read_.set_up.emplace_back();
  in_step_ = true;
  const absl::Status status = Map(node, "a step",
                                  {{"step", true, Text(step.name, false)},
                                   {"from", false, Texts(step.from)},
                                   {"run", true, Texts(step.run)},
                                   {"makes", true, TextMap(step.makes, true, false)},
                                   {"instead", false, TextMap(step.instead)}});
  in_step_ = false;
  BF_RETURN_IF_ERROR(status);
  for (const auto& [name, file] : step.makes) {
    if (file.empty() || file.find('/') != std::string::npos || file == "..") {
      return Error(node, absl::StrFormat("'%s' is '%s', expected the name of a file in {out}", name,
                                         Printable(file)));
    }
  }
  return absl::OkStatus();
}

absl::Status Reader::Warm(const YamlNode& node) {
  const auto servants = [this](const YamlNode& value) {
    return Entries(value, "'servants'", [this](const YamlNode::Entry& entry) {
      ProverServant& servant = read_.servants.emplace_back();
      servant.name = entry.key;
      return Map(*entry.value, "a servant",
                 {{"run", true, Texts(servant.run)},
                  {"speaks", false, Choice(servant.speaks_bb, "lines", "bb-msgpack")}});
    });
  };
  const auto phase = [this](const char* name) -> Take {
    return [this, name](const YamlNode& value) -> absl::Status {
      WarmPhase& warm = read_.warm[name];
      BF_RETURN_IF_ERROR(
          Map(value, "a phase",
              {{"servant", true, Text(warm.servant, false)}, {"ask", false, TextMap(warm.ask)}}));
      std::vector<std::string> names;
      for (const ProverServant& servant : read_.servants) {
        if (servant.name == warm.servant) return absl::OkStatus();
        names.push_back(servant.name);
      }
      return Error(value, absl::StrFormat("no servant '%s' above%s", Printable(warm.servant),
                                          DidYouMean(warm.servant, names)));
    };
  };
  return Map(node, "'warm'",
             {{"servants", true, servants},
              {"witness", true, phase("witness")},
              {"prove", true, phase("prove")},
              {"verify", true, phase("verify")}});
}

absl::Status Reader::Check(const YamlNode& root) {
  const size_t slash = file_.rfind('/') + 1;  // 0 where there is none
  if (file_.substr(slash) != read_.name + ".yaml") {
    return Error(root, absl::StrFormat("the name is '%s', expected that of the file",
                                       Printable(read_.name)));
  }
  if (!read_.versions.contains("prover")) return Error(root, "'versions' lacks 'prover'");
  if (read_.span_metrics.size() > kMaxSubPhases) {
    return Error(root, absl::StrFormat("%d sub-phases, expected at most %d",
                                       read_.span_metrics.size(), kMaxSubPhases));
  }
  if (!read_.set_up.back().makes.contains("verification_key")) {
    return Error(root, "the last step of 'set_up' makes no 'verification_key'");
  }
  for (const auto& [name, unused] : read_.options) known_.insert("option." + name);
  for (const SeenText& seen : seen_) {
    for (const std::string& name : PlaceholdersIn(seen.text)) {
      const bool out = seen.in_step && name == "out";
      if (known_.contains(name) || out || name.starts_with("installed.")) continue;
      return YamlError(file_, seen.at,
                       absl::StrFormat("no placeholder '{%s}' is defined%s", name,
                                       DidYouMean(name, NamesOf(known_))));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ProverDescription> Reader::Read(const YamlNode& root) {
  read_.file = file_;
  const auto programs = [this](const YamlNode& node) {
    return Entries(node, "'programs'", [this](const YamlNode::Entry& e) { return Program(e); });
  };
  const auto versions = [this](const YamlNode& node) {
    return Entries(node, "'versions'", [this](const YamlNode::Entry& entry) {
      return Texts(read_.versions[entry.key])(*entry.value);
    });
  };
  const auto steps = [this](const YamlNode& node) -> absl::Status {
    if (node.kind != YamlNode::Kind::kList || node.items.empty()) {
      return Error(node, absl::StrFormat("%s, expected a list of steps", Describe(node)));
    }
    for (const Node& item : node.items) BF_RETURN_IF_ERROR(Step(*item));
    return absl::OkStatus();
  };
  const auto spans = [this](const YamlNode& node) {
    return Map(node, "'spans'",
               {{"file", true, Text(read_.spans)},
                {"metrics", true, TextMap(read_.span_metrics, false, false)}});
  };
  BF_RETURN_IF_ERROR(
      Map(root, "a prover",
          {{"name", true, Text(read_.name, false)},
           {"about", true, Text(read_.about, false)},
           {"licence", true, Text(read_.licence, false)},
           {"programs", true, programs},
           {"identity", true, Texts(read_.identity)},
           {"versions", true, versions},
           {"environment", false, TextMap(read_.environment)},
           {"reference_string", false, Text(read_.reference_string, false)},
           {"insecure", false, Text(read_.insecure, false)},
           {"witness_in", false, Choice(read_.witness_in_file, "memory", "file")},
           {"proof_is", false, Choice(read_.proof_is_text, "elements", "text")},
           {"options", false, TextMap(read_.options, false, false)},
           {"files", false, TextMap(read_.files, /*defines=*/true)},
           {"circuits", true, [this](const YamlNode& node) { return Circuits(node); }},
           {"no_others", false, Text(read_.no_others, false)},
           {"set_up", true, steps},
           {"witness", true, Texts(read_.witness)},
           {"prove", true, Texts(read_.prove)},
           {"verify", true, Texts(read_.verify)},
           {"spans", false, spans},
           {"warm", false, [this](const YamlNode& node) { return Warm(node); }}}));
  BF_RETURN_IF_ERROR(Check(root));
  return std::move(read_);
}

}  // namespace

absl::StatusOr<ProverDescription> ParseProverDescription(std::string_view text,
                                                         const std::string& file) {
  BF_ASSIGN_OR_RETURN(const Node root, ParseYaml(text, file));
  if (root == nullptr) return YamlError(file, {}, "it is empty, expected a prover");
  return Reader(file).Read(*root);
}

}  // namespace benchfleet
