import { describeWith } from '../support/describe-with.ts'
import { brokerLabBus } from '../support/events-chaos/broker-lab-bus.ts'
import { chosenStores } from '../support/events-chaos/chosen-stores.ts'
import { testEventsUnderKills } from '../support/events-chaos/kill-suite.ts'

describeWith('rabbitmq', 'RabbitMQ', () => {
  const open = () => brokerLabBus('rabbitmq')
  for (const store of chosenStores('postgres'))
    testEventsUnderKills('RabbitMQ', open, { store, ...{ rounds: 4, outage: 2, restarts: 4, rewinds: 1 } })
})
