import { brokerLabBus } from '../support/broker-lab-bus.ts'
import { describeWith } from '../support/describe-with.ts'
import { testEventsUnderKills } from '../support/events-chaos.ts'

describeWith('rabbitmq', 'RabbitMQ', () => {
  testEventsUnderKills('RabbitMQ and Postgres', () => brokerLabBus('rabbitmq'), { rounds: 4, outageS: 2 })
})
