#include "family/family.h"

namespace headroom::family {
namespace {

// arq/constants.py, connections.py, worker.py. Fixed names, each proof enough; jobs have no tell, so that
// looking for queues does not ask about all of them. Only the queue may be called something else, and a
// custom name is recognised where it goes on from the default one.
constexpr KeyShape shapes[] = {
    {.shape = "arq:queue:health-check",
     .types = KeyType::string,
     .role = "workers",
     .why = "what the workers did last; expires when they stop",
     .tell = 4},
    {.shape = "arq:queue:{any}:health-check",
     .types = KeyType::string,
     .role = "workers",
     .why = "what the workers of a queue did last; expires when they stop",
     .tell = 4},
    {.shape = "arq:health-check",
     .types = KeyType::string,
     .role = "workers",
     .why = "what the workers did last (older versions); expires when they stop",
     .tell = 4},
    {.shape = "arq:queue",
     .types = KeyType::zset,
     .role = "waiting",
     .why = "jobs by the time they are due, waiting and delayed ones alike",
     .tell = 4},
    {.shape = "arq:queue:{any}",
     .types = KeyType::zset,
     .role = "waiting",
     .why = "jobs of one queue by the time they are due, waiting and delayed ones alike",
     .tell = 4},
    {.shape = "arq:job:{any}",
     .types = KeyType::string,
     .role = "job",
     .why = "a job that waits or runs; expires a day after it was due"},
    {.shape = "arq:in-progress:{any}",
     .types = KeyType::string,
     .role = "in progress",
     .why = "keeps two workers from running the same job; expires 10 s after the job's timeout",
     .tell = 4},
    {.shape = "arq:retry:{any}",
     .types = KeyType::string,
     .role = "counter",
     .why = "how often a job was tried; expires after a day"},
    {.shape = "arq:result:{any}",
     .types = KeyType::string,
     .role = "result",
     .care = Care::finished,
     .why = "a job's result, kept for an hour unless keep_result says otherwise; while it is there, no job "
            "of the same id can "
            "be queued",
     .tell = 4,
     .debris_when = DebrisWhen::without_ttl,
     .debris = "result-without-ttl",
     .certainty = Certainty::suspected,
     .debris_why = "a result without a TTL stays for ever (keep_result_forever asks for that)"},
    {.shape = "arq:abort",
     .types = KeyType::zset,
     .role = "control",
     .why = "jobs to be aborted; workers drop old entries",
     .tell = 4},
};

}  // namespace

Family arq() {
  return {
      .name = "arq",
      .title = "ARQ",
      .shapes = {std::begin(shapes), std::end(shapes)},
      .examples = {{"arq:queue", KeyType::zset, "waiting"},
                   {"arq:queue:mails", KeyType::zset, "waiting"},
                   {"arq:queue:health-check", KeyType::string, "workers"},
                   {"arq:queue:mails:health-check", KeyType::string, "workers"},
                   {"arq:job:job-0", KeyType::string, "job"},
                   {"arq:in-progress:job-2", KeyType::string, "in progress"},
                   {"arq:retry:job-1", KeyType::string, "counter"},
                   {"arq:result:job-kept", KeyType::string, "result"},
                   {"arq:abort", KeyType::zset, "control"}},
      .queue_facts = {{QueuePart::state, "queued", "arq:queue:{queue}"},
                      {QueuePart::state, "queued", "arq:queue"},
                      {QueuePart::counted, "in progress", "arq:in-progress:{any}"}},
      .name_keys = {"arq:queue:{any}"},
  };
}

}  // namespace headroom::family
