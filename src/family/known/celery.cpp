#include "family/family.h"

namespace headroom::family {
namespace {

// Results of tasks. The prefix is result_backend_transport_options' global_keyprefix (Celery 5.3 and later);
// the queues, which are kombu's, may have another one. Measured with Celery 5.2.6, 5.5.3 and main; beat
// leaves no key at all.
constexpr std::string_view ttl_of_writer =
    "the worker that wrote it had result_expires at None or 0, or the key was restored without its TTL; "
    "nothing in Celery "
    "will ever remove it";

std::vector<KeyShape> shapes() {
  return {
      {.shape = "{prefix}celery-task-meta-{any}",
       .types = KeyType::string,
       .role = "result",
       .care = Care::finished,
       .why = "state and result of a task; may still be waited for, so a TTL is kinder than deletion",
       .tell = 4,
       .debris_when = DebrisWhen::without_ttl,
       .debris = "result-without-ttl",
       .debris_why = ttl_of_writer},
      {.shape = "{prefix}celery-taskset-meta-{uuid}.j",
       .types = Types(KeyType::zset) | KeyType::list,
       .role = "chord",
       .care = Care::debris_if_proved,
       .why = "results of a chord's parts; without it the chord's body never runs. Left behind when a part "
              "fails",
       .tell = 4,
       .debris_when = DebrisWhen::without_ttl,
       .debris = "chord-without-ttl",
       .debris_why = "a chord whose part failed leaves it, and without a TTL it stays; a running chord looks "
                     "the same: finished "
                     "when ZCARD equals .s plus .t for more than a minute"},
      {.shape = "{prefix}celery-taskset-meta-{uuid}.s",
       .types = KeyType::string,
       .role = "chord",
       .care = Care::debris_if_proved,
       .why = "how many parts a chord has; without it the chord's body never runs",
       .tell = 4},
      // No debris rule: .t has no TTL until the next part returns, as Celery means it.
      {.shape = "{prefix}celery-taskset-meta-{uuid}.t",
       .types = KeyType::string,
       .role = "chord",
       .care = Care::debris_if_proved,
       .why = "parts added to a running chord; goes with it",
       .tell = 4},
      {.shape = "{prefix}celery-taskset-meta-{any}",
       .types = KeyType::string,
       .role = "group",
       .care = Care::finished,
       .why = "a saved group of results; Celery leaves it to its TTL",
       .tell = 4,
       .debris_when = DebrisWhen::without_ttl,
       .debris = "result-without-ttl",
       .debris_why = ttl_of_writer},
  };
}

}  // namespace

Family celery() {
  return {
      .name = "celery",
      .title = "Celery results",
      .shapes = shapes(),
      .examples = {{"celery-task-meta-059d37b0-3e25-4ecd-b7f6-6b88b3807ba9", KeyType::string, "result"},
                   {"celery-task-meta-order:7", KeyType::string, "result"},
                   {"app1_celery-task-meta-059d37b0-3e25-4ecd-b7f6-6b88b3807ba9", KeyType::string, "result"},
                   {"celery-taskset-meta-29d9ce78-c9f5-4cf5-a9c9-3fc94d49c3bb", KeyType::string, "group"},
                   {"celery-taskset-meta-da3aba6a-5a84-4faa-8393-449738c022c3.j", KeyType::zset, "chord"},
                   {"celery-taskset-meta-da3aba6a-5a84-4faa-8393-449738c022c3.j", KeyType::list, "chord"},
                   {"celery-taskset-meta-da3aba6a-5a84-4faa-8393-449738c022c3.s", KeyType::string, "chord"},
                   {"celery-taskset-meta-da3aba6a-5a84-4faa-8393-449738c022c3.t", KeyType::string, "chord"}},
      .queue_facts = {{.part = QueuePart::counted,
                       .name = "chords",
                       .key = "{prefix}celery-taskset-meta-{uuid}.j"}},
  };
}

}  // namespace headroom::family
