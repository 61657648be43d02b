// The commands and flags of benchctl as a CLI11 tree. Private to benchctl/command_*.cc and
// completion: the only headers that know CLI11.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <string>
#include <vector>

#include "benchctl/commands.h"
#include "benchctl/completion.h"

namespace benchfleet {

// Words that flags take (command_describe.cc): table, json, csv, markdown, html; agent,
// coordinator, client; general, proving; bash, zsh, fish.
const std::vector<std::string>& AllFormats();
const std::vector<std::string>& CertificateRoles();
const std::vector<std::string>& ReportKinds();
const std::vector<std::string>& ShellNames();

// Where parsing puts everything. Lives as long as the tree.
struct Settings {
  std::string coordinator = "127.0.0.1:7443";
  std::string ca;
  std::string certificate;
  std::string key;
  std::string format = "table";
  bool insecure_plaintext = false;
  bool no_color = false;

  SubmitOptions submit;
  RunOptions run;
  JobsOptions jobs;
  std::string watch_job;
  std::string cancel_job;
  std::string cancel_reason;
  LogsOptions logs;
  std::string hosts_match;
  std::string host_name;
  ReportOptions report;
  ExportOptions export_;
  ImportOptions import;
  CompareOptions compare;
  CheckOptions check;
  TrendOptions trend;
  IncidentOptions incidents;
  BaselineOptions baseline;
  SelftestOptions selftest;
  CaInitOptions ca_init;
  std::string ca_init_validity = "3653d";
  CaIssueOptions ca_issue;
  std::string ca_issue_validity = "397d";
  std::string shell;
  std::vector<std::string> help_of;  // `help` is turned into --help before parsing
  CompleteOptions complete;

  // Set by the command that was named; the formats that it has, the usual one first.
  std::function<absl::StatusOr<int>(const Session&)> action;
  std::vector<std::string> formats = AllFormats();
};

// Adds all commands to `app`; the tree refers to `settings`.
void BuildCommandTree(CLI::App* app, Settings* settings);

// A command with its examples; for the files that build parts of the tree.
CLI::App* AddCommand(CLI::App* app, const char* name, const char* help, const char* examples);

// --from and --map, for commands that read files of results.
void AddReadFlags(CLI::App* command, AnyFileOptions* read);

// A check that names what is allowed and the nearest of it.
CLI::Validator OneOf(const std::vector<std::string>& words);
// What a person names a job by.
CLI::Option* AddJob(CLI::App* command, std::string* job);

// report, export, import (command_tree_results.cc).
void AddResultCommands(CLI::App* app, Settings* settings);

// How changes are judged, for commands that compare.
void AddJudgeFlags(CLI::App* command, JudgeOptions* judge);

// compare and check (command_tree_verdicts.cc).
void AddVerdictCommands(CLI::App* app, Settings* settings);

// baseline, trend, incidents, selftest (command_tree_history.cc).
void AddHistoryCommands(CLI::App* app, Settings* settings);

// The tree without CLI11, and without what is not for people (command_describe.cc).
CommandDescription Describe(const CLI::App& app);

// $BENCHFLEET_CONFIG_DIR, else $XDG_CONFIG_HOME/benchfleet, else ~/.config/benchfleet.
std::string ConfigDirectory();

}  // namespace benchfleet
