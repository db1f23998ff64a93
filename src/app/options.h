#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace headroom::app {

/// Everything a command line can say. Empty texts and zeros mean "not given". Owns its texts.
struct Options {
  // Connection, with redis-cli's habits.
  std::string url{}, host{}, port{}, socket{}, password{}, user{}, db{};
  std::string cacert{}, cacertdir{}, cert{}, key{}, sni{};
  bool tls = false, insecure = false, cluster = false;
  double connect_timeout = 5;  ///< seconds
  std::vector<std::string> targets{};
  // Output.
  std::string format{}, output{}, color = "auto", table{};
  bool quiet = false;
  // How to look.
  bool fast = false, exact = false;
  int max_load =
      0;  ///< per cent of the time in which a request of ours may be with the server; 0: as the pace says
  double precision = 1;    ///< per cent of the total
  double max_seconds = 0;  ///< stop looking after so long
  // audit.
  bool summary = false;
  std::string compare{};
  int top = 20;
  // Snapshots.
  std::string source = "auto", allocator = "auto";
  bool force = false;
  int proof_memory = 256;  ///< MiB that proofs may take
  // Families of the user's own.
  std::string policy{};
  // Which keys.
  std::string family{}, pattern{}, min_size{}, expiry{}, type{};
  // Plans and runs.
  std::string state{};  ///< folder of runs and journals
  std::string preset{};
  std::vector<std::string> only{};  ///< rules
  bool requeue = false, release_parents = false;
  std::string limit_keys{}, max_share{}, phrase{};
  bool dry_run = false, yes = false, list_keys = false;
  std::string duty{}, run_time{}, until{};
  // demo.
  bool keep = false;
};

enum class OptionGroup : std::uint8_t {
  connection,
  db,
  output,
  look,
  fast,  ///< of look too
  audit,
  snapshot,
  plan_source,
  force,
  allocator,
  names,
  keys,
  policy,
  state,
  planning,
  show,
  pace,
  dry_run,
  clean,
  rules,
  demo
};

/// Where an option's value goes.
using Place = std::variant<bool Options::*, std::string Options::*, int Options::*, double Options::*,
                           std::vector<std::string> Options::*>;

/// One option, as data: the command line, the help and the shell completions are all made from this table.
struct OptionSpec {
  OptionGroup group{};
  std::string_view names{};  ///< "-h,--host"
  Place place{};
  std::string_view value{};    ///< "HOST"; empty for a flag
  std::string_view choices{};  ///< "text json csv": the only values allowed; empty: any
  std::string_view description{};
};
std::span<const OptionSpec> option_table();

}  // namespace headroom::app
