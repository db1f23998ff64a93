#include "app/options.h"

#include <array>

namespace headroom::app {
namespace {

using enum OptionGroup;

constexpr std::array table{
    OptionSpec{connection, "-u,--url", &Options::url, "URL", "", "redis://, rediss:// or unix:// address"},
    OptionSpec{connection, "-h,--host", &Options::host, "HOST", "", "server, 127.0.0.1 when nothing is said"},
    OptionSpec{connection, "-p,--port", &Options::port, "PORT", "", "6379 when nothing is said"},
    OptionSpec{connection, "-s,--socket", &Options::socket, "PATH", "",
               "Unix socket, instead of host and port"},
    OptionSpec{connection, "-a,--pass", &Options::password, "PASSWORD", "",
               "others can read it in the process list: use REDISCLI_AUTH"},
    OptionSpec{connection, "--user", &Options::user, "NAME", "", "ACL user"},
    OptionSpec{db, "-n,--db", &Options::db, "NUMBER", "", "one database; all of them when not given"},
    OptionSpec{connection, "--tls", &Options::tls, "", "",
               "encrypt, and check the server's certificate and name"},
    OptionSpec{connection, "--cacert", &Options::cacert, "FILE", "", "certificates to trust"},
    OptionSpec{connection, "--cacertdir", &Options::cacertdir, "DIR", "", "folder of certificates to trust"},
    OptionSpec{connection, "--cert", &Options::cert, "FILE", "",
               "our own certificate, for servers that ask for one"},
    OptionSpec{connection, "--key", &Options::key, "FILE", "", "the private key of --cert"},
    OptionSpec{connection, "--sni", &Options::sni, "NAME", "",
               "the name to ask for and to check, when it is not the host"},
    OptionSpec{connection, "--insecure", &Options::insecure, "", "", "encrypt without checking who answers"},
    OptionSpec{connection, "-c,--cluster", &Options::cluster, "", "",
               "not yet: name each master as a TARGET instead"},
    OptionSpec{connection, "--connect-timeout", &Options::connect_timeout, "SECONDS", "",
               "give up connecting after so long"},

    OptionSpec{output, "--format", &Options::format, "FORMAT", "text json ndjson csv markdown",
               "how to print; text for people"},
    OptionSpec{output, "--output", &Options::output, "FILE", "",
               "write there instead of to the terminal; of `plan`: where the plan goes"},
    OptionSpec{output, "--table", &Options::table, "NAME", "", "the table that csv prints"},
    OptionSpec{output, "--color", &Options::color, "WHEN", "auto always never",
               "colours; NO_COLOR is respected"},
    OptionSpec{output, "--quiet", &Options::quiet, "", "", "no progress and no hints on stderr"},

    OptionSpec{fast, "--fast", &Options::fast, "", "", "large batches: quicker, and felt by other clients"},
    OptionSpec{look, "--exact", &Options::exact, "", "", "ask everything about every key"},
    OptionSpec{look, "--max-load", &Options::max_load, "PERCENT", "",
               "share of the time that a request of ours may be under way"},
    OptionSpec{look, "--precision", &Options::precision, "PERCENT", "",
               "how near each pattern's bytes, of the total; 1"},
    OptionSpec{look, "--max-seconds", &Options::max_seconds, "SECONDS", "",
               "stop looking after so long and report what was seen"},

    OptionSpec{audit, "--summary", &Options::summary, "", "", "the short report: memory, keys, thresholds"},
    OptionSpec{audit, "--compare", &Options::compare, "FILE", "",
               "an earlier `audit --format json`, or an RDB file: show what grew"},
    OptionSpec{audit, "--top", &Options::top, "COUNT", "", "rows per table; 20"},

    OptionSpec{snapshot, "--source", &Options::source, "HOW", "auto scan snapshot",
               "ask a server key by key, or read its snapshot as a replica would"},
    OptionSpec{force, "--force", &Options::force, "", "",
               "go on although memory may run out: a snapshot's fork, the room for an undo"},
    OptionSpec{allocator, "--allocator", &Options::allocator, "NAME", "auto jemalloc-8 jemalloc-16 libc",
               "the allocator of the server that wrote a file; Debian's has 16"},
    OptionSpec{plan_source, "--source", &Options::source, "HOW", "",
               "scan: ask the server; snapshot: read its snapshot as a replica would; or an RDB file of it"},
    OptionSpec{snapshot, "--proof-memory", &Options::proof_memory, "MIB", "",
               "how much a proof of debris may remember; 256"},

    OptionSpec{names, "--family", &Options::family, "NAME", "",
               "of this library (bullmq, celery, ...); reads a file twice"},
    OptionSpec{names, "--pattern", &Options::pattern, "GLOB", "",
               "whose name fits, as in KEYS: * ? [a-z] and a backslash"},
    OptionSpec{keys, "--type", &Options::type, "TYPE", "string list set zset hash stream module",
               "of this type"},
    OptionSpec{keys, "--min-size", &Options::min_size, "BYTES", "",
               "of so many bytes in memory or more: 500, 1K, 10M"},
    OptionSpec{keys, "--expiry", &Options::expiry, "WHEN", "", "never, any, expired, or within=7d"},

    OptionSpec{policy, "--policy", &Options::policy, "FILE", "",
               "headroom.toml: what to keep, and families of your own"},

    OptionSpec{state, "--state", &Options::state, "DIR", "",
               "where runs and their journals are kept; HEADROOM_STATE_DIR, ~/.local/state/headroom"},
    OptionSpec{planning, "--preset", &Options::preset, "NAME", "bull celery cache orphans emergency",
               "the rules that take part; all but emergency"},
    OptionSpec{rules, "--rule,--only", &Options::only, "RULE", "",
               "only this rule (a pattern: bull-*); may be given several times"},
    OptionSpec{planning, "--requeue", &Options::requeue, "", "",
               "put messages of dead Celery workers back into their queues"},
    OptionSpec{planning, "--release-parents", &Options::release_parents, "", "",
               "remove failed children although their parent still waits for them"},
    OptionSpec{planning, "--limit-keys", &Options::limit_keys, "COUNT", "",
               "allow this plan so many keys; needs --phrase"},
    OptionSpec{planning, "--max-share", &Options::max_share, "PERCENT", "",
               "allow this plan such a share of all keys; needs --phrase"},
    OptionSpec{planning, "--phrase", &Options::phrase, "TEXT", "",
               "\"delete N keys from HOST\": that you know how many, and where"},
    OptionSpec{show, "--keys", &Options::list_keys, "", "", "every step with its keys, checks and changes"},
    OptionSpec{clean, "--yes", &Options::yes, "", "", "apply the plan; without it the plan is only shown"},
    OptionSpec{clean, "--until", &Options::until, "PERCENT", "",
               "with --preset emergency: stop when used_memory is below this share of maxmemory"},
    OptionSpec{dry_run, "--dry-run", &Options::dry_run, "", "",
               "look at what still holds, by reading commands alone"},
    OptionSpec{pace, "--duty", &Options::duty, "PERCENT", "",
               "share of the time that a request of ours may be with the server; 25"},
    OptionSpec{pace, "--run-time", &Options::run_time, "TIME", "", "stop after so long: 90s, 15m, 2h"},

    OptionSpec{demo, "--keep", &Options::keep, "", "",
               "leave the demo's server running and print its address"},
};

}  // namespace

std::span<const OptionSpec> option_table() { return table; }

}  // namespace headroom::app
