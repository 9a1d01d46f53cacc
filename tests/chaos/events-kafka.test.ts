import { describeWith } from '../support/describe-with.ts'
import { brokerLabBus } from '../support/events-chaos/broker-lab-bus.ts'
import { chosenStores } from '../support/events-chaos/chosen-stores.ts'
import { testEventsUnderKills } from '../support/events-chaos/kill-suite.ts'

describeWith('kafka', 'Kafka', () => {
  const open = () => brokerLabBus('kafka')
  for (const store of chosenStores('postgres'))
    testEventsUnderKills('Kafka', open, { store, ...{ rounds: 3, restarts: 2, rewinds: 1 } })
})
