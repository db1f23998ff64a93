#include "act/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "journal_kit.h"

namespace headroom::act {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Bytes that no packing makes fewer.
std::string noise(std::size_t size) {
  std::mt19937 random(1);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

/// A journal of four blocks: the start; step 0; step 1 and the outcome of 0; a note.
struct SmallJournal {
  TestFolder folder{};
  std::string run = folder / "run";
  std::string path = run + "/journal";
  std::vector<std::size_t> ends{};  ///< of the blocks

  SmallJournal() {
    auto writer = JournalWriter::create(run, secret(), start_of("run"));
    if (!writer) throw std::runtime_error(writer.error().what);
    const auto sync = [&] {
      if (auto synced = writer->sync(); !synced) throw std::runtime_error(synced.error().what);
      ends.push_back(writer->bytes());
    };
    sync();
    writer->add(full_journal_step(0));
    sync();
    writer->add(full_journal_step(1));
    writer->add(JournalOutcome{0, StepOutcome::removed});
    sync();
    writer->note("over");
    sync();
  }
  JournalHealth read(Recorded& recorded, const std::string& key = secret()) const {
    auto health = read_journal(run, key, recorded);
    if (!health) throw std::runtime_error(health.error().what);
    return *std::move(health);
  }
  std::vector<std::string> entries_of(std::size_t blocks) const {
    const std::vector<std::string> all{"start run", "step 0", "step 1", "outcome 0", "note over"};
    constexpr std::size_t count[] = {0, 1, 2, 4, 5};
    return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count[blocks])};
  }
};

TEST(Journal, gives_back_every_field_in_order) {
  const SmallJournal journal;
  Recorded recorded;
  const auto health = journal.read(recorded);
  EXPECT_EQ(health.damage, "");
  EXPECT_FALSE(health.cut);
  EXPECT_EQ(health.blocks, 4U);
  EXPECT_EQ(health.steps, 2U);
  EXPECT_EQ(health.outcomes, 1U);
  EXPECT_EQ(health.bytes, health.good_bytes);
  EXPECT_EQ(health.bytes, file_text(journal.path).size());
  EXPECT_EQ(recorded.entries, journal.entries_of(4));

  const auto start = start_of("run");
  ASSERT_EQ(recorded.starts.size(), 1U);
  const auto& read = recorded.starts[0];
  EXPECT_EQ(std::tie(read.run, read.kind, read.of, read.address, read.run_id, read.replid, read.rdb_version,
                     read.time),
            std::tie(start.run, start.kind, start.of, start.address, start.run_id, start.replid,
                     start.rdb_version, start.time));
  ASSERT_EQ(read.rules.size(), start.rules.size());
  EXPECT_EQ(read.rules[0].why, start.rules[0].why);

  const auto expected = full_journal_step(1);
  const auto& step = recorded.steps.at(1);
  EXPECT_EQ(std::tie(step.number, step.rule, step.db, step.bytes, step.keys),
            std::tie(expected.number, expected.rule, expected.db, expected.bytes, expected.keys));
  ASSERT_EQ(step.before.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto &a = step.before[i], &b = expected.before[i];
    EXPECT_EQ(std::tie(a.kind, a.key, a.member, a.value, a.score, a.number, a.set, a.entries),
              std::tie(b.kind, b.key, b.member, b.value, b.score, b.number, b.set, b.entries));
    ASSERT_EQ(a.removed.has_value(), b.removed.has_value());
    if (!a.removed) continue;
    EXPECT_EQ(std::tie(a.removed->key, a.removed->body, a.removed->rdb_version, a.removed->expires_at,
                       a.removed->idle_seconds, a.removed->freq),
              std::tie(b.removed->key, b.removed->body, b.removed->rdb_version, b.removed->expires_at,
                       b.removed->idle_seconds, b.removed->freq));
  }
  EXPECT_EQ(recorded.outcomes.at(0).outcome, StepOutcome::removed);
}

// UNDO-5 SEC-2: 0600, and a folder of its own.
TEST(Journal, is_for_its_owner_only) {
  const SmallJournal journal;
  EXPECT_EQ(mode_of(journal.path), 0600U);
  EXPECT_EQ(mode_of(journal.run), 0700U);
}

TEST(Journal, is_made_once) {
  const SmallJournal journal;
  const auto before = file_text(journal.path);
  const auto again = JournalWriter::create(journal.run, secret(), start_of("run"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().exit, Exit::refused);
  EXPECT_EQ(file_text(journal.path), before);
}

TEST(Journal, has_one_writer) {
  const SmallJournal journal;
  const auto first = JournalWriter::resume(journal.run, secret());
  ASSERT_TRUE(first);
  const auto second = JournalWriter::resume(journal.run, secret());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().what, HasSubstr("another process"));
}

// F38: whatever a crash left of the file, the whole blocks are all there and nothing else is believed.
TEST(Journal, cut_at_every_byte_gives_exactly_the_whole_blocks) {
  const SmallJournal journal;
  const auto whole = file_text(journal.path);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    write_file(journal.path, whole.substr(0, cut));
    std::size_t blocks = 0;
    while (journal.ends[blocks] <= cut) ++blocks;
    const std::size_t good = blocks == 0 ? 0 : journal.ends[blocks - 1];
    Recorded recorded;
    const auto health = journal.read(recorded);
    EXPECT_EQ(recorded.entries, journal.entries_of(blocks)) << cut;
    EXPECT_EQ(health.blocks, blocks) << cut;
    EXPECT_EQ(health.good_bytes, good) << cut;
    EXPECT_EQ(health.cut, cut != good) << cut;
    EXPECT_EQ(health.damage, "") << cut;
  }
}

// F38 F36: going on after a crash drops the cut tail and keeps the chain.
TEST(Journal, goes_on_behind_the_last_whole_block) {
  const SmallJournal journal;
  const auto whole = file_text(journal.path);
  for (std::size_t cut = journal.ends[0]; cut < whole.size(); cut += 7) {
    write_file(journal.path, whole.substr(0, cut));
    {
      auto writer = JournalWriter::resume(journal.run, secret());
      ASSERT_TRUE(writer) << cut << writer.error().what;
      writer->add(full_journal_step(9));
      ASSERT_TRUE(writer->sync());
      EXPECT_EQ(writer->bytes(), file_text(journal.path).size());
    }
    std::size_t blocks = 0;
    while (journal.ends[blocks] <= cut) ++blocks;
    auto expected = journal.entries_of(blocks);
    expected.push_back("step 9");
    Recorded recorded;
    const auto health = journal.read(recorded);
    EXPECT_EQ(recorded.entries, expected) << cut;
    EXPECT_FALSE(health.cut);
    EXPECT_EQ(health.damage, "");
  }
}

// F36: a file system that made the file longer but had not written it when the power went.
TEST(Journal, zeros_at_the_end_are_a_cut_tail) {
  const SmallJournal journal;
  const auto whole = file_text(journal.path);
  auto large = full_journal_step(7);
  large.before[0].removed->body += noise(4000);
  write_file(journal.path, whole.substr(0, journal.ends[0]));
  {
    auto writer = JournalWriter::resume(journal.run, secret());
    ASSERT_TRUE(writer);
    writer->add(large);
    ASSERT_TRUE(writer->sync());
  }
  const auto block = file_text(journal.path).substr(journal.ends[0]);
  ASSERT_GT(block.size(), 3000U);
  const std::string part = block.substr(0, 1024 - journal.ends[0]);  // two sectors of the file
  const std::string tails[] = {std::string(4096, '\0'), part + std::string(block.size() - part.size(), '\0'),
                               part + std::string(9000, '\0')};
  for (const auto& tail : tails) {
    write_file(journal.path, whole.substr(0, journal.ends[0]) + tail);
    Recorded recorded;
    const auto health = journal.read(recorded);
    EXPECT_TRUE(health.cut);
    EXPECT_EQ(health.damage, "");
    EXPECT_EQ(health.good_bytes, journal.ends[0]);
    EXPECT_TRUE(JournalWriter::resume(journal.run, secret()));
  }
  write_file(journal.path, whole.substr(0, journal.ends[0]) + block.substr(0, 900) + std::string(4, '\0') +
                               block.substr(904));
  Recorded recorded;
  EXPECT_THAT(journal.read(recorded).damage, HasSubstr("block 1")) << "zeros in the middle are damage";
}

// UNDO-5 F37: one flipped bit anywhere is found, and named by its block; what stands before it is good.
TEST(Journal, finds_a_flipped_bit_at_every_byte) {
  const SmallJournal journal;
  const auto whole = file_text(journal.path);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1 << at % 8);
    write_file(journal.path, changed);
    std::size_t blocks = 0;
    while (journal.ends[blocks] <= at) ++blocks;
    Recorded recorded;
    const auto health = journal.read(recorded);
    EXPECT_THAT(health.damage, HasSubstr("block " + std::to_string(blocks) + " at byte ")) << at;
    EXPECT_FALSE(health.cut) << at;
    EXPECT_EQ(recorded.entries, journal.entries_of(blocks)) << at;
    EXPECT_FALSE(JournalWriter::resume(journal.run, secret())) << at;
  }
}

// UNDO-5 F37: blocks in another order, one twice, one left out.
TEST(Journal, finds_blocks_that_stand_elsewhere) {
  const SmallJournal journal;
  const auto whole = file_text(journal.path);
  std::vector<std::string> blocks;
  for (std::size_t i = 0, from = 0; i < journal.ends.size(); from = journal.ends[i++])
    blocks.push_back(whole.substr(from, journal.ends[i] - from));
  struct Case {
    std::string bytes{};
    std::size_t good = 0;
    std::string damage{};
  };
  const Case cases[] = {
      {blocks[0] + blocks[2] + blocks[1] + blocks[3], 1, "block 2 stands where block 1 should"},
      {blocks[0] + blocks[1] + blocks[1] + blocks[2], 2, "block 1 stands where block 2 should"},
      {blocks[0] + blocks[1] + blocks[3], 2, "block 3 stands where block 2 should"},
      {blocks[1] + blocks[2], 0, "block 1 stands where block 0 should"},
      {whole + "and more", 4, "no block begins here"},
  };
  for (const auto& [bytes, good, damage] : cases) {
    write_file(journal.path, bytes);
    Recorded recorded;
    const auto health = journal.read(recorded);
    EXPECT_THAT(health.damage, HasSubstr(damage));
    EXPECT_EQ(recorded.entries, journal.entries_of(good));
  }
}

// UNDO-5 F37: a journal of another machine, and a block of another journal under the same secret.
TEST(Journal, refuses_what_is_sealed_elsewhere) {
  const SmallJournal journal, other;
  Recorded recorded;
  EXPECT_THAT(journal.read(recorded, std::string(32, 'x')).damage,
              HasSubstr("block 0 at byte 0: it is not sealed"));
  EXPECT_THAT(recorded.entries, ElementsAre());

  auto longer = JournalWriter::resume(other.run, secret());
  ASSERT_TRUE(longer);
  const auto whole = file_text(journal.path);
  {
    TestFolder folder;
    auto start = start_of("run");
    start.run_id = "another server";
    ASSERT_TRUE(JournalWriter::create(folder / "run", secret(), start));
    write_file(journal.path, file_text(folder / "run/journal") + whole.substr(journal.ends[0]));
  }
  Recorded mixed;
  EXPECT_THAT(journal.read(mixed).damage, HasSubstr("block 1 at byte "));
  EXPECT_EQ(mixed.entries.size(), 1U);
}

// UNDO-5 F37
TEST(Journal, says_when_a_newer_headroom_wrote_it) {
  const SmallJournal journal;
  auto bytes = file_text(journal.path);
  bytes[3] = '2';
  write_file(journal.path, bytes);
  Recorded recorded;
  EXPECT_THAT(journal.read(recorded).damage, HasSubstr("newer headroom"));
}

// UNDO-5 F37 SEC-2: a journal that others could have written is not read.
TEST(Journal, refuses_one_that_others_may_write) {
  const SmallJournal journal;
  for (const unsigned mode : {0666U, 0602U, 0640U, 0604U}) {
    ::chmod(journal.path.c_str(), mode);
    Recorded recorded;
    const auto health = read_journal(journal.run, secret(), recorded);
    ASSERT_FALSE(health) << std::oct << mode;
    EXPECT_EQ(health.error().exit, Exit::refused);
    EXPECT_THAT(health.error().what, HasSubstr("others may read or change this"));
    EXPECT_FALSE(JournalWriter::resume(journal.run, secret()));
  }
}

// SEC-2
TEST(Journal, follows_no_symbolic_link) {
  const SmallJournal journal;
  std::filesystem::rename(journal.path, journal.path + ".real");
  std::filesystem::create_symlink(journal.path + ".real", journal.path);
  Recorded recorded;
  const auto health = read_journal(journal.run, secret(), recorded);
  ASSERT_FALSE(health);
  EXPECT_THAT(health.error().what, HasSubstr("symbolic link"));
}

TEST(Journal, writes_large_steps_in_blocks_of_some_MB) {
  TestFolder folder;
  auto writer = JournalWriter::create(folder / "run", secret(), start_of("run"));
  ASSERT_TRUE(writer);
  auto step = full_journal_step(0);
  step.before[0].removed->body = noise(3U << 20U);
  for (step.number = 0; step.number < 5; ++step.number) writer->add(step);
  ASSERT_TRUE(writer->sync());
  Recorded recorded;
  const auto health = read_journal(folder / "run", secret(), recorded);
  ASSERT_TRUE(health);
  EXPECT_EQ(health->steps, 5U);
  EXPECT_EQ(health->blocks, 4U) << "the start, two of two steps, one of one";
  EXPECT_EQ(recorded.steps.at(4).before[0].removed->body, step.before[0].removed->body);
}

}  // namespace
}  // namespace headroom::act
