import { brokerLabBus } from '../support/broker-lab-bus.ts'
import { describeWith } from '../support/describe-with.ts'
import { embeddedLabBus } from '../support/embedded-lab-bus.ts'
import { testEventsUnderKills } from '../support/events-chaos.ts'

// `npm run chaos -- --bus nats` runs one of them, with more rounds.
const only = process.env['HOLON_CHAOS_BUS']

if (only === undefined || only === 'embedded')
  testEventsUnderKills('the embedded bus and Postgres', embeddedLabBus, { rounds: 8, outageS: 3 })

for (const broker of ['nats', 'rabbitmq', 'kafka'] as const) {
  if (only !== undefined && only !== broker) continue
  describeWith(broker, broker, () => {
    testEventsUnderKills(`${broker} and Postgres`, () => brokerLabBus(broker), { rounds: 4, outageS: 3 })
  })
}
