import { brokerLabBus } from '../support/broker-lab-bus.ts'
import { describeWith } from '../support/describe-with.ts'
import { testEventsUnderKills } from '../support/events-chaos.ts'

describeWith('kafka', 'Kafka', () => {
  testEventsUnderKills('Kafka and Postgres', () => brokerLabBus('kafka'), { rounds: 4, outageS: 2 })
})
