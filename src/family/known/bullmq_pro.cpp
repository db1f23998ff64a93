#include <utility>

#include "family/bull_shapes.h"
#include "family/family.h"

namespace headroom::family {
namespace {

// From descriptions of Pro 7.48 alone. The group lists and sets hold waiting jobs that are named nowhere
// else, which is why a tool that does not know them takes those jobs for orphans.
std::vector<KeyShape> group_shapes() {
  return {
      {.shape = "{root}:groups",
       .types = KeyType::zset,
       .role = "groups",
       .why = "the groups that have waiting jobs",
       .tell = 4},
      {.shape = "{root}:groups:limit",
       .types = KeyType::zset,
       .role = "groups",
       .why = "groups held back by a rate limit",
       .tell = 2},
      {.shape = "{root}:groups:max",
       .types = KeyType::zset,
       .role = "groups",
       .why = "groups at their limit of active jobs",
       .tell = 2},
      {.shape = "{root}:groups:paused",
       .types = KeyType::zset,
       .role = "groups",
       .why = "groups that are paused",
       .tell = 2},
      {.shape = "{root}:groups:metas",
       .types = KeyType::zset,
       .role = "groups",
       .why = "groups with settings of their own",
       .tell = 2},
      {.shape = "{root}:groups:active:count",
       .types = KeyType::hash,
       .role = "groups",
       .why = "active jobs by group",
       .tell = 2},
      {.shape = "{root}:groups-lid",
       .types = KeyType::string,
       .role = "groups",
       .why = "the last group served",
       .tell = 2},
      {.shape = "{root}:groups:{any}:meta",
       .types = KeyType::hash,
       .role = "groups",
       .why = "settings of a group"},
      {.shape = "{root}:groups:{any}:limit",
       .types = KeyType::string,
       .role = "groups",
       .why = "jobs of a group in this period"},
      {.shape = "{root}:groups:{any}:p",
       .types = KeyType::zset,
       .role = "waiting",
       .why = "jobs of a group that wait by priority: they are here and nowhere else"},
      {.shape = "{root}:groups:{any}",
       .types = KeyType::list,
       .role = "waiting",
       .why = "jobs of a group that wait: they are here and nowhere else"},
  };
}

}  // namespace

Family bullmq();  // known/bullmq.cpp: Pro writes all of its keys too

Family bullmq_pro() {
  Family pro = bullmq();
  pro.name = "bullmq_pro";
  pro.title = "BullMQ Pro";
  pro.shapes = joined({group_shapes(), std::move(pro.shapes)});
  pro.rivals = {"bull", "bullmq"};
  pro.read_only = true;
  pro.examples = {{"bull:mail:id", KeyType::string, "counter"},
                  {"bull:mail:meta", KeyType::hash, "control"},
                  {"bull:mail:events", KeyType::stream, "events"},
                  {"bull:mail:groups", KeyType::zset, "groups"},
                  {"bull:mail:groups:ann", KeyType::list, "waiting"},
                  {"bull:mail:groups:ann:p", KeyType::zset, "waiting"},
                  {"bull:mail:groups:ann:meta", KeyType::hash, "groups"},
                  {"bull:mail:17", KeyType::hash, "job"}};
  return pro;
}

}  // namespace headroom::family
