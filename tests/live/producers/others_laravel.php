<?php
// Makes the real Laravel components (Debian's php-illuminate-queue, -redis, -cache with predis) leave queues, and a cache with tags. See README.md.
require '/usr/share/php/Predis/autoload.php';
require '/usr/share/php/Illuminate/Redis/autoload.php';
require '/usr/share/php/Illuminate/Queue/autoload.php';
require '/usr/share/php/Illuminate/Cache/autoload.php';

use Illuminate\Cache\RedisStore;
use Illuminate\Cache\Repository;
use Illuminate\Container\Container;
use Illuminate\Queue\Capsule\Manager;
use Illuminate\Queue\RedisQueue;
use Illuminate\Redis\RedisManager;

error_reporting(E_ALL & ~E_DEPRECATED); // Debian's Laravel is older than its PHP

$url = getopt('', ['url:'])['url'] ?? getenv('REDIS_URL');

/** What predis wants to know of `redis://...` or `unix:///path?db=n`. */
function address(string $url): array
{
    $parts = parse_url(str_starts_with($url, 'unix:') ? str_replace('unix://', 'unix://localhost', $url) : $url);
    parse_str($parts['query'] ?? '', $query);
    $login = array_filter(['username' => urldecode($parts['user'] ?? ''), 'password' => urldecode($parts['pass'] ?? '')]);
    return $parts['scheme'] === 'unix'
        ? $login + ['scheme' => 'unix', 'path' => $parts['path'], 'database' => (int) ($query['db'] ?? 0)]
        : $login + ['host' => $parts['host'], 'port' => $parts['port'] ?? 6379, 'database' => (int) trim($parts['path'] ?? '0', '/')];
}

$redis = new RedisManager(new Container, 'predis', ['options' => ['prefix' => 'laravel_database_'], 'default' => address($url)]);

// One job reserved by a worker that will never come back, two waiting, one for tomorrow.
$queue = new RedisQueue($redis, 'default', null, 90);
$queue->setContainer(new Container);
$queue->push('SendMail', ['customer' => 1], 'emails');
$queue->pop('emails');
$queue->push('SendMail', ['customer' => 2], 'emails');
$queue->push('SendMail', ['customer' => 3], 'emails');
$queue->later(10 * 365 * 86400, 'Remind', ['customer' => 4], 'emails');

// Tagged entries: the references have no TTL, so they stay when the entries are gone.
$cache = new Repository(new RedisStore($redis, 'laravel_cache', 'default'));
$cache->put('product:1', ['price' => 3.5], 10 * 365 * 86400);
$cache->forever('settings', ['currency' => 'EUR']);
foreach (range(1, 5) as $n) {
    $cache->tags(['people', 'authors'])->put("ann:$n", str_repeat('x', 100), 10 * 365 * 86400);
}
$cache->tags(['people'])->forever('bob', 'y');
$cache->tags(['people'])->put('gone', 'z', 1);
$connection = $redis->connection();
usleep(1100000); // the last entry expires; its reference does not

$states = [
    'waiting' => $connection->llen('queues:emails'),
    'delayed' => $connection->zcard('queues:emails:delayed'),
    'reserved' => $connection->zcard('queues:emails:reserved'),
];
echo json_encode([
    'library' => 'laravel',
    'version' => trim(shell_exec("dpkg-query -W -f '\${Version}' php-illuminate-queue")),
    'queues' => [['queue' => 'emails', 'root' => 'laravel_database_queues:emails', 'states' => $states, 'size' => $queue->size('emails')]],
    'debris' => [['kind' => 'reserved_by_dead_worker', 'key' => 'laravel_database_queues:emails:reserved', 'why' => 'it is given back by the next pop() after its time']],
], JSON_PRETTY_PRINT), "\n";
