import { brokerLabBus } from '../support/broker-lab-bus.ts'
import { describeWith } from '../support/describe-with.ts'
import { testEventsUnderKills } from '../support/events-chaos.ts'

describeWith('nats', 'NATS', () => {
  testEventsUnderKills('NATS and Postgres', () => brokerLabBus('nats'), { rounds: 4, outageS: 2 })
})
