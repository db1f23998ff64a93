#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "act/pace.h"
#include "wire/link.h"

namespace headroom::app {

/// A Pace that stops when used_memory has fallen below a share of maxmemory (--until); in all else the one it
/// is put over. Looks every 20 ms at most.
class UntilPace final : public act::Pace {
 public:
  using Open = std::function<Result<std::unique_ptr<wire::Link>>()>;
  /// Errors: the server cannot be reached; it has no maxmemory (Exit::usage).
  static Result<std::unique_ptr<act::Pace>> over(std::unique_ptr<act::Pace> pace, double share,
                                                 const Open& open);

  /// That --until means nothing here.
  static Error no_maxmemory();

  /// Whether a run that stopped for this reason has reached its goal.
  static bool is_goal(std::string_view why_stopped);

  Result<Go> permit() override;
  bool rest_due() const override { return pace_->rest_due(); }
  bool has_to_end() override { return !reached_.empty() || pace_->has_to_end(); }
  std::size_t batch() const override { return pace_->batch(); }
  void served(const act::Served& request) override { pace_->served(request); }
  void waited(std::string_view reason, std::chrono::milliseconds length) override {
    pace_->waited(reason, length);
  }
  std::string why_stopped() const override { return reached_.empty() ? pace_->why_stopped() : reached_; }
  std::vector<RunWait> waits() const override { return pace_->waits(); }

 private:
  UntilPace(std::unique_ptr<act::Pace> pace, double share, std::unique_ptr<wire::Link> link)
      : pace_(std::move(pace)), share_(share), link_(std::move(link)) {}
  Result<bool> look();

  std::unique_ptr<act::Pace> pace_;
  double share_;
  std::unique_ptr<wire::Link> link_;
  std::chrono::steady_clock::time_point next_{};
  std::string reached_{};
};

}  // namespace headroom::app
