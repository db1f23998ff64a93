#include "survey/fold.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace headroom::survey {
namespace {

std::string folded(std::string_view key) {
  FoldedName name;
  fold(key, name);
  return std::string(name.text());
}

struct Case {
  std::string_view key, pattern;
};

class Fold : public testing::TestWithParam<Case> {};

TEST_P(Fold, makes_the_pattern) { EXPECT_EQ(folded(GetParam().key), GetParam().pattern); }

INSTANTIATE_TEST_SUITE_P(
    ids, Fold,
    testing::Values(Case{"user:4711:session:550e8400-e29b-41d4-a716-446655440000", "user:{n}:session:{uuid}"},
                    Case{"celery-task-meta-550e8400-e29b-41d4-a716-446655440000", "celery-task-meta-{uuid}"},
                    Case{"550e8400-e29b-41d4-a716-446655440000.reply.celery.pidbox",
                         "{uuid}.reply.celery.pidbox"},
                    Case{"sess:d41d8cd98f00b204e9800998ecf8427e", "sess:{hex}"},
                    Case{"report:2026-01-31:daily", "report:{date}:daily"},
                    Case{"rate:10.0.0.1", "rate:{ip}"},
                    Case{"mail:ann@shop.example:sent", "mail:{email}:sent"},
                    Case{"token:kJ8s0dPqL2mZx7Vb3NcTy5Rw", "token:{token}"},
                    Case{"job-1700000000000-done", "job-{n}-done"},
                    Case{"bull:mail:repeat:9f86d081884c7d65:1700000000000", "bull:mail:repeat:{hex}:{n}"}));

INSTANTIATE_TEST_SUITE_P(
    words, Fold,
    testing::Values(Case{"bull:mail:meta", "bull:mail:meta"}, Case{"queue1:wait", "queue1:wait"},
                    Case{"tenant-42:cart", "tenant-42:cart"}, Case{"", ""}, Case{":", ":"},
                    Case{"::a", "::a"}, Case{"unacked_index", "unacked_index"},
                    Case{"cafe:babe", "cafe:babe"}, Case{"{app}:mail:meta", "{{app}}:mail:meta"},
                    Case{"a@b", "a@b"},
                    Case{"deadbeefdeadbeef", "deadbeefdeadbeef"},  // no decimal digit: may be a word
                    Case{"processNotifications2024:wait", "processNotifications2024:wait"},
                    Case{"internationalization-of-words", "internationalization-of-words"}));

TEST(FoldedNames, keep_as_many_segments_as_the_key_has) {
  for (const std::string key :
       {"a:b:c", "1:2:3:4", ":x:", "2026-01-31:10.0.0.1:x@y.zz", "550e8400-e29b-41d4-a716-446655440000:1"}) {
    const auto pattern = folded(key);
    EXPECT_EQ(std::count(key.begin(), key.end(), ':'), std::count(pattern.begin(), pattern.end(), ':'))
        << key;
  }
}

TEST(FoldedNames, are_cut_when_the_name_has_no_end) {  // F08
  std::string key(64 * 1024, 'x');
  key.insert(0, "head:").append(":tail");
  const auto pattern = folded(key);
  EXPECT_EQ(pattern, "head:{long}");
  EXPECT_LE(folded(std::string(64 * 1024, '{')).size(), longest_pattern + 16);
}

TEST(FoldedNames, take_any_bytes) {
  const std::string key("a\0b:\xff\xfe:\n17\n:17", 14);
  EXPECT_EQ(folded(key), std::string("a\0b:\xff\xfe:\n17\n:{n}", 15));
}

}  // namespace
}  // namespace headroom::survey
