import { describeWith } from '../support/describe-with.ts'
import { brokerLabBus } from '../support/events-chaos/broker-lab-bus.ts'
import { chosenStores } from '../support/events-chaos/chosen-stores.ts'
import { testEventsUnderKills } from '../support/events-chaos/kill-suite.ts'

describeWith('kafka', 'Kafka', () => {
  for (const store of chosenStores('postgres'))
    testEventsUnderKills('Kafka', () => brokerLabBus('kafka'), {
      store,
      ...{ rounds: 4, outageS: 2, restarts: 2, freezes: 1, deadly: 1 },
    })
})
