#include "live/exact_kit.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "act/identity.h"
#include "act/plan_file.h"
#include "act/state_folder.h"
#include "app/applying.h"
#include "app/command_line.h"
#include "wire/connection.h"

namespace headroom::test {
namespace {

namespace fs = std::filesystem;

constexpr auto describe = R"lua(
local out = {}
for _, k in ipairs(redis.call('KEYS', '*')) do
  if string.sub(k, 1, 9) ~= 'headroom:' then
    local encoding = redis.call('OBJECT', 'ENCODING', k)
    if ARGV[1] == 'beside their keys' and encoding == 'embstr' then encoding = 'raw' end
    local line = k .. ' ' .. redis.call('PEXPIRETIME', k) .. ' ' .. encoding
    if redis.call('TYPE', k).ok == 'stream' then
      local info = redis.call('XINFO', 'STREAM', k)
      for i = 1, #info, 2 do
        if type(info[i + 1]) ~= 'table' and not string.find(info[i], 'radix', 1, true) then
          line = line .. ' ' .. info[i] .. '=' .. tostring(info[i + 1])
        end
      end
    end
    local fields = redis.call('TYPE', k).ok == 'hash' and redis.call('HKEYS', k) or {}
    table.sort(fields)
    for _, field in ipairs(fields) do
      local deadline = redis.pcall('HPEXPIRETIME', k, 'FIELDS', 1, field)
      if deadline.err then break end
      if deadline[1] > 0 then line = line .. ' ' .. field .. '@' .. deadline[1] end
    end
    out[#out + 1] = line
  end
end
return out
)lua";

/// Where syncs cost nothing: they would be most of the time of hundreds of runs.
std::string new_folder() {
  std::string name = fs::exists("/dev/shm") ? "/dev/shm/headroom-exact-XXXXXX" : "/tmp/headroom-exact-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  return name;
}

class SmallSteps final : public act::Pace {
 public:
  explicit SmallSteps(std::size_t batch) : batch_(batch) {}
  Result<Go> permit() override { return Go::on; }
  bool rest_due() const override { return false; }
  bool has_to_end() override { return false; }
  std::size_t batch() const override { return batch_; }
  void served(const act::Served&) override {}
  void waited(std::string_view, std::chrono::milliseconds) override {}
  std::string why_stopped() const override { return {}; }
  std::vector<RunWait> waits() const override { return {}; }

 private:
  std::size_t batch_;
};

template <class Value>
Value must(Result<Value> result) {
  if (!result) throw std::runtime_error(result.error().what + ": " + result.error().where);
  return *std::move(result);
}

act::ApplyTarget target_at(const std::string& url) {
  act::ApplyTarget target;
  target.address = url;
  target.open = [url]() -> Result<std::unique_ptr<wire::Link>> {
    auto opened = wire::Connection::open(wire::parse_endpoint(url).value(), "exact");
    if (!opened) return fail(opened.error());
    return std::unique_ptr<wire::Link>(*std::move(opened));
  };
  return target;
}

app::Invocation invocation_of(const std::vector<std::string>& words) {
  auto understood = must(app::understand(words, [](const std::string&) { return std::nullopt; }));
  return std::get<std::pair<app::Subcommand, app::Invocation>>(understood).second;
}

}  // namespace

ExactKit::ExactKit(const std::string& redis_server)
    : folder_(new_folder()),
      server({"--enable-debug-command", "yes", "--save", ""}, redis_server),
      proxy(std::make_unique<CuttingProxy>(server.socket_path(), folder_ + "/proxy.sock")),
      link_(must(target_at(server.url()).open())) {
  fields_expire_ = !ask({"HPTTL", "nothing", "FIELDS", "1", "f"}).is_error();
  secret_ = must(must(act::StateFolder::open(folder_ + "/state", {})).secret());
}

ExactKit::~ExactKit() {
  proxy.reset();
  fs::remove_all(folder_);
}

wire::Reply ExactKit::ask(const std::vector<std::string>& words) {
  return must(link_->call(std::vector<std::string_view>(words.begin(), words.end())));
}

void ExactKit::keep() {
  ask({"DEL", "headroom:fence", "headroom:lease"});
  if (const auto saved = ask({"SAVE"}); saved.is_error()) throw std::runtime_error(saved.text);
  reload();
  before_ = state();
}

void ExactKit::reload() {
  if (const auto done = ask({"DEBUG", "RELOAD", "NOSAVE"}); done.is_error())
    throw std::runtime_error(done.text);
}

std::vector<std::string> ExactKit::state() {
  ask({"DEL", "headroom:fence", "headroom:lease"});
  std::vector<std::string> lines;
  // Valkey from 8.1 on keeps a short string beside its key as long as both fit: a longer name moves it, and
  // it is not moved back with the name.
  const auto info = ask({"INFO", "server"}).text;
  const bool moves = info.find("valkey_version:") != std::string::npos &&
                     info.find("valkey_version:8.0") == std::string::npos;
  for (auto& item : ask({"EVAL", describe, "0", moves ? "beside their keys" : ""}).items)
    lines.push_back(std::move(item.text));
  lines.push_back("DEBUG DIGEST " + ask({"DEBUG", "DIGEST"}).text);
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::string ExactKit::difference() {
  const auto now = state();
  std::vector<std::string> gone, come;
  std::set_difference(before_.begin(), before_.end(), now.begin(), now.end(), std::back_inserter(gone));
  std::set_difference(now.begin(), now.end(), before_.begin(), before_.end(), std::back_inserter(come));
  std::string all;
  for (const auto& line : gone) all += "- " + line + "\n";
  for (const auto& line : come) all += "+ " + line + "\n";
  return all;
}

void ExactKit::drop_lease() { ask({"DEL", "headroom:lease"}); }

std::vector<std::string> ExactKit::command(std::vector<std::string> words) const {
  words.insert(words.begin(),
               {"env", "-C", folder_, "HEADROOM_STATE_DIR=" + folder_ + "/state", HEADROOM_PROGRAM});
  return words;
}

Finished ExactKit::program(std::vector<std::string> words) const {
  return test::run(command(std::move(words)));
}

std::uint64_t ExactKit::plan(const std::string& policy, std::vector<std::string> more) {
  std::ofstream(folder_ + "/policy.toml") << policy << "[limits]\nshare = \"100%\"\n";
  std::vector<std::string> words{"plan",     server.url(), "--policy", folder_ + "/policy.toml",
                                 "--output", file(),       "--quiet"};
  words.insert(words.end(), more.begin(), more.end());
  const auto made = program(words);
  if (made.status != 0) throw std::runtime_error("plan: " + made.out + made.err);
  const auto plan = must(act::PlanReader::open(file(), secret_));
  run_ = plan.header().id;
  return plan.header().steps;
}

void ExactKit::forget() { fs::remove_all(folder_ + "/state/runs"); }

RunReport ExactKit::execute(bool goes_on, std::size_t batch) {
  auto plan = must(act::PlanReader::open(file(), secret_));
  const auto& header = plan.header();
  auto target = target_at(proxy->url());
  target.server = header.server;
  if (!goes_on) {
    target.open = [open = target.open, this]() -> Result<std::unique_ptr<wire::Link>> {
      if (proxy->has_cut()) return fail({"the end", "", "", Exit::refused});
      return open();
    };
  }
  act::JournalStart start;
  start.run = header.id, start.kind = "apply", start.address = header.server.address;
  start.run_id = header.server.run_id, start.replid = header.server.replid, start.rules = header.rules;
  auto state = must(act::StateFolder::open(folder_ + "/state", {}));
  const auto folder = state.run(header.id);
  fs::create_directories(folder);
  for (const auto& made : {folder_ + "/state/runs", folder}) fs::permissions(made, fs::perms::owner_all);
  auto journal = must(act::JournalWriter::create(folder, secret_, start));
  SmallSteps pace(batch);
  act::ApplyOptions options;
  options.lanes = 4, options.keys_per_sync = 3 * batch;
  auto report = act::execute(
      target, [&](Step& step) { return plan.next(step); }, 0, header, journal, pace, options);
  if (report) return *report;
  if (!proxy->has_cut()) throw std::runtime_error(report.error().what);
  return {};  // it was refused before it began
}

void ExactKit::expect_back_after(CuttingProxy::Cut cut, std::uint64_t n, bool goes_on) {
  using Cut = CuttingProxy::Cut;
  SCOPED_TRACE(testing::Message() << (cut == Cut::request_lost ? "request " : "reply ") << n
                                  << (goes_on ? ", goes on" : ", ends"));
  reload(), forget();
  proxy->arm(cut, n);
  const auto applied = execute(goes_on);
  if (goes_on && !applied.run.empty()) {
    EXPECT_TRUE(applied.complete) << applied.stopped_by;
    EXPECT_EQ(applied.removed + applied.gone, applied.planned) << testing::PrintToString(applied.notes);
  }
  proxy->arm(Cut::none, 0);
  const auto undone = undo(server.url());
  EXPECT_TRUE(undone.complete) << undone.stopped_by;
  EXPECT_EQ(undone.failed + undone.unknown, 0U);
  ASSERT_EQ(difference(), "") << testing::PrintToString(undone.notes);
}

Result<RunReport> ExactKit::apply(const std::string& url) {
  const auto about = app::apply_ground(
      invocation_of({"apply", file(), url, "--state", folder_ + "/state", "--fast", "--quiet"}), file(), url);
  if (!about) return fail(about.error());
  return app::apply_plan(*about, file());
}

RunReport ExactKit::undo(const std::string& url, std::size_t batch) {
  auto target = target_at(url);
  target.server = must(act::identify(*link_, server.url()));
  const auto folder = must(act::StateFolder::open(folder_ + "/state", {})).run(run_);
  auto journal = must(act::open_undo_journal(target.server, run_, folder, secret_));
  SmallSteps pace(batch);
  auto report = act::undo(target, folder, secret_, journal, pace, {});
  if (report) return *std::move(report);
  if (!proxy->has_cut()) throw std::runtime_error(report.error().what);
  return {};
}

}  // namespace headroom::test
