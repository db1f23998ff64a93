#include "family/family.h"

namespace headroom::family {
namespace {

// Queues (Queue/RedisQueue.php, LuaScripts.php; 8.83 run): "queues:<name>" and three more keys behind the
// prefix of the Redis connection, which is glued on as it stands ("laravel_database_"). Every push also
// pushes to `:notify`, so even a queue that nobody has worked on yet is told from a list that happens to be
// called "queues:x".
//
// Cache: the store's prefix comes after the connection's: "laravel_database_laravel_cache:" up to Laravel 10,
// with '_' and later
// '-' in place of the ':' after that. That double name is the default and distinctive. With prefixes of one's
// own only tags can be told (RedisTaggedCache.php, TagSet.php, RedisTagSet.php); untagged entries then look
// like any key and are left alone.
//
// Tag references before Laravel 10 are sets that nobody trims: more than 1 GB a week in
// laravel/framework#43850.
constexpr std::string_view entry_why = "a cache entry; the application can make it again";
constexpr std::string_view reference_why =
    "the names of the entries with a tag; kept after the entries expire, until the tag is flushed";
constexpr std::string_view entries_why =
    "the entries with a tag by the time they expire; trimmed by `artisan cache:prune-stale-tags`, which must "
    "be scheduled";
constexpr std::string_view tag_why =
    "the number a tag has now; without it every entry with the tag is lost, which is what a flush does";
constexpr std::string_view lock_why =
    "keeps a job or a scheduled command from running twice; without a TTL it stays until the job ends, for "
    "ever if its worker died";

constexpr KeyShape shapes[] = {
    {.shape = "{prefix}queues:{any}:notify",
     .types = KeyType::list,
     .role = "notify",
     .why = "wakes up waiting workers, one entry per job",
     .tell = 3},
    {.shape = "{prefix}queues:{any}:delayed",
     .types = KeyType::zset,
     .role = "delayed",
     .why = "jobs for later",
     .tell = 3},
    {.shape = "{prefix}queues:{any}:reserved",
     .types = KeyType::zset,
     .role = "reserved",
     .why = "jobs in workers' hands by the time they are given back; after a crash they are here and nowhere "
            "else",
     .tell = 3},
    {.shape = "{prefix}queues:{any}",
     .types = KeyType::list,
     .role = "waiting",
     .why = "jobs that wait for a worker",
     .tell = 1},

    {.shape = "{prefix}_database_{id}_cache:tag:{any}:key",
     .types = KeyType::string,
     .role = "tag",
     .why = tag_why,
     .tell = 4},
    {.shape = "{prefix}_database_{id}_cache:{hex}:standard_ref",
     .types = KeyType::set,
     .role = "tag references",
     .care = Care::debris_if_proved,
     .why = reference_why,
     .tell = 4},
    {.shape = "{prefix}_database_{id}_cache:{hex}:forever_ref",
     .types = KeyType::set,
     .role = "tag references",
     .care = Care::debris_if_proved,
     .why = reference_why,
     .tell = 4},
    {.shape = "{prefix}_database_{id}_cache:tag:{any}:entries",
     .types = KeyType::zset,
     .role = "tag references",
     .care = Care::debris_if_proved,
     .why = entries_why,
     .tell = 4},
    {.shape = "{prefix}_database_{id}_cache_tag:{any}:entries",
     .types = KeyType::zset,
     .role = "tag references",
     .care = Care::debris_if_proved,
     .why = entries_why,
     .tell = 4},
    {.shape = "{prefix}-database-{id}-cache-tag:{any}:entries",
     .types = KeyType::zset,
     .role = "tag references",
     .care = Care::debris_if_proved,
     .why = entries_why,
     .tell = 4},

    // The cache also holds locks. They have to be known before everything else is called an entry that may
    // expire.
    {.shape = "{prefix}_database_{id}_cache:laravel_unique_job:{any}",
     .types = KeyType::string,
     .role = "lock",
     .why = lock_why},
    {.shape = "{prefix}_database_{id}_cache_laravel_unique_job:{any}",
     .types = KeyType::string,
     .role = "lock",
     .why = lock_why},
    {.shape = "{prefix}-database-{id}-cache-laravel_unique_job:{any}",
     .types = KeyType::string,
     .role = "lock",
     .why = lock_why},
    {.shape = "{prefix}_database_{id}_cache:framework/schedule-{any}",
     .types = KeyType::string,
     .role = "lock",
     .why = lock_why},
    {.shape = "{prefix}_database_{id}_cache_framework/schedule-{any}",
     .types = KeyType::string,
     .role = "lock",
     .why = lock_why},
    {.shape = "{prefix}-database-{id}-cache-framework/schedule-{any}",
     .types = KeyType::string,
     .role = "lock",
     .why = lock_why},
    {.shape = "{prefix}_database_{id}_cache:{any}",
     .types = KeyType::string,
     .role = "cache entry",
     .care = Care::expirable,
     .why = entry_why,
     .tell = 4},
    {.shape = "{prefix}_database_{id}_cache_{any}",
     .types = KeyType::string,
     .role = "cache entry",
     .care = Care::expirable,
     .why = entry_why,
     .tell = 4},
    {.shape = "{prefix}-database-{id}-cache-{any}",
     .types = KeyType::string,
     .role = "cache entry",
     .care = Care::expirable,
     .why = entry_why,
     .tell = 4},

    {.shape = "{root}:tag:{any}:key", .types = KeyType::string, .role = "tag", .why = tag_why, .tell = 1},
    {.shape = "{root}:{hex}:standard_ref",
     .types = KeyType::set,
     .role = "tag references",
     .care = Care::debris_if_proved,
     .why = reference_why,
     .tell = 4},
    {.shape = "{root}:{hex}:forever_ref",
     .types = KeyType::set,
     .role = "tag references",
     .care = Care::debris_if_proved,
     .why = reference_why,
     .tell = 4},
    {.shape = "{prefix}tag:{any}:entries",
     .types = KeyType::zset,
     .role = "tag references",
     .care = Care::debris_if_proved,
     .why = entries_why,
     .tell = 4},
};

}  // namespace

Family laravel() {
  return {
      .name = "laravel",
      .title = "Laravel queue and cache",
      .shapes = {std::begin(shapes), std::end(shapes)},
      .versions = {{"{prefix}_database_{id}_cache:{hex}:standard_ref", "9 or earlier"},
                   {"{root}:{hex}:standard_ref", "9 or earlier"},
                   {"{prefix}_database_{id}_cache:tag:{any}:entries", "10 or later"},
                   {"{prefix}_database_{id}_cache_tag:{any}:entries", "10 or later"},
                   {"{prefix}-database-{id}-cache-tag:{any}:entries", "12 or later"}},
      .examples = {{"laravel_database_queues:emails", KeyType::list, "waiting"},
                   {"laravel_database_queues:emails:notify", KeyType::list, "notify"},
                   {"laravel_database_queues:emails:delayed", KeyType::zset, "delayed"},
                   {"laravel_database_queues:emails:reserved", KeyType::zset, "reserved"},
                   {"queues:default", KeyType::list, "waiting"},
                   {"queues:{emails}:reserved", KeyType::zset, "reserved"},
                   {"laravel_database_laravel_cache:tag:people:key", KeyType::string, "tag"},
                   {"laravel_database_laravel_cache:6b01225b56c1f252981886:standard_ref", KeyType::set,
                    "tag references"},
                   {"laravel_database_laravel_cache:6b01225b56c1f252981886:forever_ref", KeyType::set,
                    "tag references"},
                   {"laravel_database_laravel_cache:7b11f1df378847b9196577ab9870fba466fc7c48:ann:1",
                    KeyType::string, "cache entry"},
                   {"laravel_database_laravel_cache:settings", KeyType::string, "cache entry"},
                   {"my_shop_database_my_shop_cache_tag:people:entries", KeyType::zset, "tag references"},
                   {"my-shop-database-my-shop-cache-product:1", KeyType::string, "cache entry"},
                   {"laravel_database_laravel_cache:laravel_unique_job:App\\Jobs\\Mail:7", KeyType::string,
                    "lock"},
                   {"shop:tag:people:key", KeyType::string, "tag"},
                   {"shop:6b01225b56c1f252981886:standard_ref", KeyType::set, "tag references"},
                   {"tag:people:entries", KeyType::zset, "tag references"}},
      .queue_facts = {{QueuePart::state, "waiting", "{root}queues:{queue}"},
                      {QueuePart::state, "delayed", "{root}queues:{queue}:delayed"},
                      {QueuePart::state, "reserved", "{root}queues:{queue}:reserved"}},
      .name_keys = {"{prefix}queues:{any}", "{prefix}queues:{any}:notify", "{prefix}queues:{any}:delayed",
                    "{prefix}queues:{any}:reserved"},
  };
}

}  // namespace headroom::family
