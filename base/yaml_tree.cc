#include "base/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/display.h"
#include "base/text.h"

namespace benchfleet {
namespace {

YamlPosition PositionOf(const YAML::Mark& mark) {
  return {std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1};
}

// What TreeBuilder says itself, as against yaml-cpp.
class Refusal : public YAML::ParserException {
 public:
  using YAML::ParserException::ParserException;
};

// Builds the tree from yaml-cpp's events. A refusal is thrown as yaml-cpp throws its own, and
// caught with them in ParseYaml.
class TreeBuilder : public YAML::EventHandler {
 public:
  std::shared_ptr<const YamlNode> TakeRoot() { return std::move(root_); }
  YamlPosition document_at() const { return document_at_; }
  // Where the last scalar that is not plain begins; a null mark when there is none.
  const YAML::Mark& last_quoted() const { return last_quoted_; }

  void OnDocumentStart(const YAML::Mark& mark) override { document_at_ = PositionOf(mark); }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    AddLeaf(mark, anchor, YamlNode::Kind::kNull, "");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckTag(mark, tag);
    if (tag != "?") last_quoted_ = mark;
    AddLeaf(mark, anchor, YamlNode::Kind::kScalar, value);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) Refuse(mark, "an alias of an anchor that contains it");
    Add(mark, found->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    std::shared_ptr<YamlNode> node;
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    YamlNode::Entry pending;  // its value comes next
    std::set<std::string> keys;
  };

  [[noreturn]] static void Refuse(const YAML::Mark& mark, const std::string& message) {
    throw Refusal(mark, message);
  }

  static void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    static const std::set<std::string> kKnown = {"",
                                                 "?",
                                                 "!",
                                                 "tag:yaml.org,2002:str",
                                                 "tag:yaml.org,2002:int",
                                                 "tag:yaml.org,2002:float",
                                                 "tag:yaml.org,2002:bool",
                                                 "tag:yaml.org,2002:seq",
                                                 "tag:yaml.org,2002:map"};
    if (kKnown.count(tag) > 0) return;
    Refuse(mark, absl::StrFormat("the tag '%s' means nothing here, expected plain values",
                                 Printable(tag)));
  }

  void AddLeaf(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind,
               const std::string& text) {
    const auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->at = PositionOf(mark);
    node->text = text;
    if (anchor != 0) anchors_[anchor] = node;
    Add(mark, node);
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    CheckTag(mark, tag);
    if (stack_.size() >= static_cast<size_t>(kMaxYamlDepth)) {
      Refuse(mark, absl::StrFormat("nested deeper than %d levels", kMaxYamlDepth));
    }
    if (!stack_.empty() && stack_.back().node->kind == YamlNode::Kind::kMap &&
        !stack_.back().has_key) {
      Refuse(mark, "a list or map as a key, expected a name");
    }
    Frame& frame = stack_.emplace_back();
    frame.node = std::make_shared<YamlNode>();
    frame.node->kind = kind;
    frame.node->at = PositionOf(mark);
    frame.mark = mark;
    frame.anchor = anchor;
  }

  void Close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.anchor != 0) anchors_[frame.anchor] = frame.node;
    Add(frame.mark, frame.node);
  }

  void Add(const YAML::Mark& mark, const std::shared_ptr<const YamlNode>& node) {
    if (stack_.empty()) {
      root_ = node;
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node->kind == YamlNode::Kind::kMap && !frame.has_key) {
      TakeKey(mark, *node, &frame);
      return;
    }
    frame.node->size += node->size;
    if (frame.node->size > kMaxYamlNodes) {
      Refuse(mark, absl::StrFormat("more than %d values, aliases expanded", kMaxYamlNodes));
    }
    if (frame.node->kind == YamlNode::Kind::kList) {
      frame.node->items.push_back(node);
      return;
    }
    frame.pending.value = node;
    frame.node->entries.push_back(std::move(frame.pending));
    frame.pending = {};
    frame.has_key = false;
  }

  static void TakeKey(const YAML::Mark& mark, const YamlNode& node, Frame* frame) {
    if (node.kind != YamlNode::Kind::kScalar) Refuse(mark, "a key without a name");
    if (!frame->keys.insert(node.text).second) {
      Refuse(mark, absl::StrFormat("the key '%s' stands here twice", Printable(node.text)));
    }
    frame->pending.key = node.text;
    frame->pending.key_at = PositionOf(mark);
    frame->has_key = true;
  }

  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, std::shared_ptr<const YamlNode>> anchors_;
  std::shared_ptr<const YamlNode> root_;
  YamlPosition document_at_;
  YAML::Mark last_quoted_ = YAML::Mark::null_mark();
};

// IsUtf8 with the place where it ends.
absl::Status CheckUtf8(std::string_view text, std::string_view file) {
  YamlPosition at;
  for (size_t i = 0; i < text.size();) {
    size_t length = 1;
    while (length <= 4 && i + length <= text.size() && !IsUtf8(text.substr(i, length))) ++length;
    if (length > 4 || i + length > text.size()) {
      return YamlError(file, at,
                       absl::StrFormat("byte 0x%02x is not UTF-8 text, expected UTF-8",
                                       static_cast<unsigned char>(text[i])));
    }
    at.column = text[i] == '\n' ? 1 : at.column + 1;
    at.line += text[i] == '\n' ? 1 : 0;
    i += length;
  }
  return absl::OkStatus();
}

// yaml-cpp takes a quoted scalar whose closing quote is missing, with the rest of the file in it:
// only the last quoted one can be such.
bool IsOpenQuote(std::string_view text, const YAML::Mark& mark) {
  if (mark.is_null()) return false;
  size_t at = 0;
  for (int line = 0; line < mark.line; ++line) at = text.find('\n', at) + 1;
  at = text.find_first_of("'\"|>\n", at + static_cast<size_t>(mark.column));
  if (at == std::string_view::npos || (text[at] != '\'' && text[at] != '"')) return false;
  const char quote = text[at];
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < text.size() && text[i + 1] == quote;
      if (!doubled) return false;
      ++i;
    }
  }
  return true;
}

// yaml-cpp's words, with what was expected where they say too little.
std::string Reason(const std::string& message) {
  std::string reason = Printable(message);
  if (message.find(YAML::ErrorMsg::UNKNOWN_ANCHOR) == 0) {
    reason += ", expected an anchor &NAME above it";
  }
  return "bad YAML: " + reason;
}

}  // namespace

absl::Status YamlError(std::string_view file, YamlPosition at, std::string_view message) {
  return absl::InvalidArgumentError(
      absl::StrFormat("%s:%d:%d: %s", file, at.line, at.column, message));
}

absl::StatusOr<std::shared_ptr<const YamlNode>> ParseYaml(std::string_view text,
                                                          std::string_view file) {
  if (absl::Status utf8 = CheckUtf8(text, file); !utf8.ok()) return utf8;
  TreeBuilder builder;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return std::shared_ptr<const YamlNode>();
    std::shared_ptr<const YamlNode> root = builder.TakeRoot();
    if (IsOpenQuote(text, builder.last_quoted())) {
      return YamlError(file, PositionOf(builder.last_quoted()), "a quote that is never closed");
    }
    if (parser.HandleNextDocument(builder)) {
      return YamlError(file, builder.document_at(), "a second document, expected one a file");
    }
    return root;
  } catch (const Refusal& refusal) {
    return YamlError(file, PositionOf(refusal.mark), refusal.msg);
  } catch (const YAML::Exception& error) {
    return YamlError(file, PositionOf(error.mark), Reason(error.msg));
  } catch (const std::exception& error) {
    return YamlError(file, {}, Reason(error.what()));
  }
}

std::string Describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "'" + Shorten(Printable(node.text), 60) + "'";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return "";
}

}  // namespace benchfleet
