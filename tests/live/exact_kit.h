#pragma once

#include <memory>
#include <string>
#include <vector>

#include "act/executor.h"
#include "act/undo.h"
#include "app/undoing.h"
#include "kit/cutting_proxy.h"
#include "kit/redis_server.h"
#include "wire/link.h"

/// A server that is as it was before again and again, a plan for it, and the ways to apply it, go on with it
/// and take it back: for loops over every point where that can break.
namespace headroom::test {

class ExactKit {
 public:
  explicit ExactKit(const std::string& redis_server = "redis-server");
  ~ExactKit();
  ExactKit(const ExactKit&) = delete;
  ExactKit& operator=(const ExactKit&) = delete;

  wire::Reply ask(const std::vector<std::string>& words);
  bool fields_expire() const { return fields_expire_; }  ///< hashes may have fields with a TTL of their own
  /// From now on this is what the server is given back by reload(). Needs: the data is there.
  void keep();
  void reload();
  /// What is not as it was kept: of DEBUG DIGEST and, of every key, deadline and encoding, of streams the
  /// counters, of hashes the deadlines of fields. Headroom's own keys do not count.
  std::string difference();

  /// `headroom plan` by this policy; the number of its steps.
  std::uint64_t plan(const std::string& policy, std::vector<std::string> more = {});
  /// Forgets runs of before.
  void forget();

  /// act::execute() through the proxy, in small batches. `goes_on`: it may reconnect; else the first broken
  /// connection is the end of it, as the end of the process would be.
  RunReport execute(bool goes_on, std::size_t batch = 5);
  /// What is left, as `headroom apply` does it.
  Result<RunReport> apply(const std::string& url);
  /// act::undo(); `goes_on` as above.
  RunReport undo(const std::string& url, std::size_t batch = 7);

  /// An apply whose connection breaks at its request or reply `n`, and that goes on or ends there; then undo.
  /// Expects that all is as it was kept.
  void expect_back_after(CuttingProxy::Cut cut, std::uint64_t n, bool goes_on);

  Finished program(std::vector<std::string> words) const;  ///< with our state folder
  std::vector<std::string> command(std::vector<std::string> words) const;
  std::string file() const { return folder_ + "/x.hrplan"; }
  const std::string& run() const { return run_; }
  std::string journal() const { return folder_ + "/state/runs/" + run_ + "/journal"; }
  /// Lets the next run begin without waiting for the lease of one that was killed to expire.
  void drop_lease();

 private:
  std::string folder_;

 public:
  RedisServer server;
  std::unique_ptr<CuttingProxy> proxy;

 private:
  std::vector<std::string> state();
  std::unique_ptr<wire::Link> link_{};
  std::vector<std::string> before_{};
  std::string run_{}, secret_{};
  bool fields_expire_ = false;
};

}  // namespace headroom::test
