import { describeWith } from '../support/describe-with.ts'
import { brokerLabBus } from '../support/events-chaos/broker-lab-bus.ts'
import { chosenStores } from '../support/events-chaos/chosen-stores.ts'
import { testEventsUnderKills } from '../support/events-chaos/kill-suite.ts'

describeWith('nats', 'NATS', () => {
  const open = () => brokerLabBus('nats')
  for (const store of chosenStores('sqlite'))
    testEventsUnderKills('NATS', open, { store, ...{ rounds: 4, restarts: 2, freezes: 1, rewinds: 1 } })
})
