#include "family/family.h"

namespace headroom::family {
namespace {

// Django writes "<KEY_PREFIX>:<VERSION>:<key>" (django/core/cache/backends/base.py; django-redis does the
// same), the prefix empty and the version 1 unless told otherwise.
//
// What counts as proof. ":1:basket" begins with a colon and a number: nobody else writes such names, so one
// is enough. With a prefix the form is "user:42:name", which every application uses; there only names that
// Django itself makes (sessions, cached pages, template fragments) say that "user" is a cache prefix. And
// even then "shop:42:cart" may be the application's own key beside the cache "shop", so under a prefix only
// version 1 is taken for an entry that may expire. A cache with a prefix and none of Django's own names in it
// must be declared in the policy file.
//
// Without a TTL: Django's default is 300 s; timeout=None asks for no end, and a cache entry without one is
// almost always a bug.
constexpr std::string_view entry_debris = "cache-entry-without-ttl";
constexpr std::string_view entry_debris_why =
    "Django's default is 300 s; timeout=None was asked for, so nothing but a restart or an eviction will "
    "ever remove it";
constexpr std::string_view session_why = "a user's session; without it the user is logged out";
constexpr std::string_view session_debris_why = "Django gives every session a TTL (two weeks by default)";

constexpr KeyShape shapes[] = {
    // Also "cached_db": those sessions can be read from the database again, but the key alone does not say
    // that a row exists.
    {.shape = "{prefix}:{n}:django.contrib.sessions.cache{any}",
     .types = KeyType::string,
     .role = "session",
     .why = session_why,
     .tell = 4,
     .debris_when = DebrisWhen::without_ttl,
     .debris = "session-without-ttl",
     .certainty = Certainty::suspected,
     .debris_why = session_debris_why},
    {.shape = "{prefix}:{n}:views.decorators.cache.cache_{any}",
     .types = KeyType::string,
     .role = "page",
     .care = Care::expirable,
     .why = "a rendered page; Django renders it again",
     .tell = 4,
     .debris_when = DebrisWhen::without_ttl,
     .debris = entry_debris,
     .certainty = Certainty::suspected,
     .debris_why = entry_debris_why},
    {.shape = "{prefix}:{n}:template.cache.{any}",
     .types = KeyType::string,
     .role = "page",
     .care = Care::expirable,
     .why = "a rendered part of a page; Django renders it again",
     .tell = 4,
     .debris_when = DebrisWhen::without_ttl,
     .debris = entry_debris,
     .certainty = Certainty::suspected,
     .debris_why = entry_debris_why},

    {.shape = ":{n}:{any}",
     .types = KeyType::string,
     .role = "cache entry",
     .care = Care::expirable,
     .why = "a cache entry; the application can make it again",
     .tell = 4,
     .debris_when = DebrisWhen::without_ttl,
     .debris = entry_debris,
     .certainty = Certainty::suspected,
     .debris_why = entry_debris_why},
    {.shape = ":{n}:{any}",
     .types = Types(KeyType::set) | KeyType::hash | KeyType::list | KeyType::zset,
     .role = "collection",
     .why = "a set or hash written through django-redis: an application's data as much as a cache",
     .tell = 2},

    {.shape = "{prefix}:1:{any}",
     .types = KeyType::string,
     .role = "cache entry",
     .care = Care::expirable,
     .why = "a cache entry; the application can make it again",
     .debris_when = DebrisWhen::without_ttl,
     .debris = entry_debris,
     .certainty = Certainty::suspected,
     .debris_why = entry_debris_why},
    {.shape = "{prefix}:{n}:{any}",
     .types = KeyType::string,
     .role = "other version",
     .why = "a cache entry of another version number, or a key of the application that looks like one"},
};

}  // namespace

Family django_cache() {
  return {
      .name = "django_cache",
      .title = "Django cache, django-redis",
      .shapes = {std::begin(shapes), std::end(shapes)},
      .examples = {{":1:device-list:filter=0", KeyType::string, "cache entry"},
                   {":2:product:1", KeyType::string, "cache entry"},
                   {":1:django.contrib.sessions.cacheg5tzr0l11en0d2oosqlrycf7tmq8ara0", KeyType::string,
                    "session"},
                   {":1:django.contrib.sessions.cached_dbjxnbbjec0aw3dhv2z27rq9xfc3v3mcu2", KeyType::string,
                    "session"},
                   {":1:views.decorators.cache.cache_page..GET.4c5d.en-us.UTC", KeyType::string, "page"},
                   {":1:views.decorators.cache.cache_header..4c5d.en-us.UTC", KeyType::string, "page"},
                   {":1:template.cache.sidebar.4c5d", KeyType::string, "page"},
                   {":1:online-users", KeyType::set, "collection"},
                   {"shop:1:django.contrib.sessions.cacheg5tzr0l11en0d2oosqlrycf7tmq8ara0", KeyType::string,
                    "session"},
                   {"shop:1:basket:7", KeyType::string, "cache entry"},
                   {"shop:2:basket", KeyType::string, "other version"}},
  };
}

}  // namespace headroom::family
