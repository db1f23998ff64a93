#!/usr/bin/ruby
# Makes the real Sidekiq (Debian's ruby-sidekiq) leave every kind of key it has. See README.md.
require 'json'
require 'optparse'
require 'tempfile'

OptionParser.new { |parser| parser.on('--url URL') { |url| ENV['REDIS_URL'] = url } }.parse!
require_relative 'sidekiq_jobs'
require 'sidekiq/api'

def wait_until(what, seconds = 20)
  stop = Time.now + seconds
  until yield
    raise "not reached: #{what}" if Time.now > stop
    sleep 0.05
  end
end

# A server process of its own, killed with a job in its hands.
def run_server
  log = Tempfile.new('sidekiq')
  pid = Process.spawn('sidekiq', '-r', File.join(__dir__, 'sidekiq_jobs.rb'), '-q', 'default', '-c', '3', out: log.path, err: log.path, in: File::NULL)
  yield
rescue RuntimeError
  warn File.read(log.path)
  raise
ensure
  Process.kill('KILL', pid)
  Process.wait(pid)
  log.unlink
end

run_server do
  3.times { |n| Mail.perform_async(n) }
  2.times { |n| Charge.perform_async(n) }
  ChargeOnce.perform_async(9)
  wait_until('retry and dead') { Sidekiq::RetrySet.new.size == 2 && Sidekiq::DeadSet.new.size == 1 }
  Render.perform_async(10)
  wait_until('a running job and a heartbeat') { Sidekiq::Queue.new.size.zero? && Sidekiq::ProcessSet.new(false).size == 1 }
  wait_until('the job in the workers hash') { Sidekiq::Workers.new.size == 1 }
end
4.times { |n| Mail.perform_async(n) }
2.times { |n| Mail.set(queue: 'low').perform_async(n) }
Mail.perform_in(30 * 86_400, 7)

identity = Sidekiq::ProcessSet.new(false).map { |process| process['identity'] }
stats = Sidekiq::Stats.new
puts JSON.pretty_generate(
  library: 'sidekiq', version: Sidekiq::VERSION,
  queues: Sidekiq::Queue.all.map { |queue| { queue: queue.name, root: "queue:#{queue.name}", states: { enqueued: queue.size } } },
  states: { scheduled: stats.scheduled_size, retry: stats.retry_size, dead: stats.dead_size, processed: stats.processed, failed: stats.failed },
  processes: identity,
  debris: identity.map { |name| { kind: 'dead_process', key: 'processes', member: name, why: 'the server was killed; its hash expires, its name stays until another server cleans up' } }
)
