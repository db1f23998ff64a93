# The jobs that others_sidekiq.rb lets a real Sidekiq process run; that process loads this file by itself.
require 'sidekiq'

Redis.silence_deprecations = true # Debian's Sidekiq is older than its redis gem
address = { url: ENV.fetch('REDIS_URL') }
Sidekiq.configure_client { |config| config.redis = address }
Sidekiq.configure_server { |config| config.redis = address }

class Mail
  include Sidekiq::Worker
  def perform(customer)
    customer
  end
end

class Charge
  include Sidekiq::Worker
  sidekiq_options retry: 5
  def perform(order)
    raise "card of order #{order} refused"
  end
end

# Without retries a failed job goes straight to the dead set.
class ChargeOnce < Charge
  sidekiq_options retry: 0
end

class Render
  include Sidekiq::Worker
  def perform(_pages)
    sleep 600
  end
end
