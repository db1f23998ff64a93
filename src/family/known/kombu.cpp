#include "family/family.h"

namespace headroom::family {
namespace {

// kombu's Redis transport: the queues of Celery. {prefix} is global_keyprefix, glued on as it stands.
// Measured with kombu 5.2.4, 5.5.4 and main. The bytes 06 16 stand between a queue and its priority, and
// between the fields of a binding.
std::vector<KeyShape> broker_shapes() {
  return {
      {.shape = "{prefix}_kombu.binding.celery.pidbox",
       .types = KeyType::set,
       .role = "binding",
       .why = "workers that listen to remote control; a killed worker leaves its member",
       .tell = 4},
      {.shape = "{prefix}_kombu.binding.celeryev",
       .types = KeyType::set,
       .role = "binding",
       .why = "who listens to events; a killed worker leaves its member",
       .tell = 4},
      {.shape = "{prefix}_kombu.binding.reply.celery.pidbox",
       .types = KeyType::set,
       .role = "binding",
       .why = "who waits for answers of workers; a killed client leaves its member",
       .tell = 4,
       .debris_when = DebrisWhen::idle,
       .debris = "stale-binding",
       .debris_why =
           "no client has asked workers for a quarter of an hour, and a client takes its member along when "
           "it ends in order: what is left is of clients that were killed; certain when a member is there in "
           "two looks 10 minutes apart",
       .idle_minutes = 15},
      {.shape = "{prefix}_kombu.binding.{any}",
       .types = KeyType::set,
       .role = "binding",
       .why = "the way from an exchange to its queues; without it every message of running producers is lost "
              "without an error",
       .tell = 4},
      {.shape = "{prefix}unacked",
       .types = KeyType::hash,
       .role = "unacked",
       .why = "messages in the hands of workers, also those that wait for their eta; they are here and "
              "nowhere else",
       .tell = 2},
      {.shape = "{prefix}unacked_index",
       .types = KeyType::zset,
       .role = "unacked",
       .why = "when each message was fetched; without it a dead worker's messages are never given back",
       .tell = 2},
      {.shape = "{prefix}unacked_mutex",
       .types = KeyType::string,
       .role = "lock",
       .why = "keeps workers from giving back the same messages twice; expires after 5 minutes",
       .tell = 2},
  };
}

std::vector<KeyShape> leaked_shapes() {
  return {
      {.shape = "{prefix}celeryev.{uuid}",
       .types = KeyType::list,
       .role = "event list",
       .care = Care::debris_if_proved,
       .why = "events for one listener, put there by a publisher that takes celeryev for a topic; listeners "
              "never read lists",
       .tell = 4,
       .debris_when = DebrisWhen::without_ttl,
       .debris = "celeryev-list",
       .debris_why =
           "no listener reads lists of events, so this one only grows until its binding is removed"},
      {.shape = "{prefix}{uuid3}.reply.celery.pidbox",
       .types = KeyType::list,
       .role = "reply list",
       .care = Care::debris_if_proved,
       .why = "answers of workers to one client, which reads them within seconds",
       .tell = 4,
       .debris_when = DebrisWhen::without_ttl,
       .debris = "leaked-reply-list",
       .debris_why = "answers that came after their client had gone; certain when the list is there in two "
                     "looks 10 minutes apart"},
      // Named by a UUID of version 3 alone, which only oid_from() of kombu makes.
      {.shape = "{prefix}{uuid3}",
       .types = KeyType::list,
       .role = "rpc results",
       .care = Care::debris_if_proved,
       .why = "results for one client of the rpc:// backend; result_expires does not apply to them",
       .debris_when = DebrisWhen::idle,
       .debris = "unread-rpc-list",
       .debris_why = "nobody has read from or written to it for a day; its client is probably gone",
       .idle_minutes = 24 * 60},
  };
}

std::vector<KeyShape> queue_shapes() {
  constexpr std::string_view why = "messages that wait for a worker";
  return {
      {.shape = "{prefix}{any}\x06\x16{n}", .types = KeyType::list, .role = "queue", .why = why, .tell = 4},
      {.shape = "{prefix}celery", .types = KeyType::list, .role = "queue", .why = why},
      {.shape = "{prefix}{any}",
       .types = KeyType::list,
       .role = "queue",
       .why = why,
       .beside = "{prefix}_kombu.binding.{any}"},
      {.shape = "{prefix}{any}",
       .types = KeyType::list,
       .role = "queue",
       .why = why,
       .beside = "{prefix}{any}\x06\x16{n}"},
  };
}

}  // namespace

Family kombu() {
  Family family{
      .name = "kombu",
      .title = "Celery queues (kombu)",
      .shapes = broker_shapes(),
      .examples = {{"_kombu.binding.celery", KeyType::set, "binding"},
                   {"_kombu.binding.mail", KeyType::set, "binding"},
                   {"_kombu.binding.celery.pidbox", KeyType::set, "binding"},
                   {"unacked", KeyType::hash, "unacked"},
                   {"unacked_index", KeyType::zset, "unacked"},
                   {"unacked_mutex", KeyType::string, "lock"},
                   {"celery", KeyType::list, "queue"},
                   {"mail", KeyType::list, "queue"},
                   {"invoices", KeyType::list, "queue"},
                   {"invoices\x06\x16"
                    "3",
                    KeyType::list, "queue"},
                   {"celeryev.0a2cc1e2-31ec-44c7-8416-496b75b3ec80", KeyType::list, "event list"},
                   {"363dd39b-aaaf-3126-9774-073dda62525a.reply.celery.pidbox", KeyType::list, "reply list"},
                   {"07e0e1e6-5792-3269-9d77-38678ee6eef7", KeyType::list, "rpc results"},
                   {"app1:_kombu.binding.reports", KeyType::set, "binding"},
                   {"app1:reports", KeyType::list, "queue"},
                   {"app1:unacked", KeyType::hash, "unacked"}},
      // The priority steps are 0, 3, 6 and 9 unless priority_steps says otherwise.
      .queue_facts = {{.name = "messages", .key = "{root}{queue}"},
                      {.name = "messages",
                       .key = "{root}{queue}\x06\x16"
                              "3"},
                      {.name = "messages",
                       .key = "{root}{queue}\x06\x16"
                              "6"},
                      {.name = "messages",
                       .key = "{root}{queue}\x06\x16"
                              "9"},
                      {.name = "unacked", .key = "{root}unacked"},
                      {.name = "unacked_index", .key = "{root}unacked_index"}},
      .name_sets = {"{prefix}_kombu.binding.{any}"},
      .name_after = "\x06\x16",
  };
  for (const auto& more : {leaked_shapes(), queue_shapes()})
    family.shapes.insert(family.shapes.end(), more.begin(), more.end());
  return family;
}

}  // namespace headroom::family
