import { chosenStores } from '../support/events-chaos/chosen-stores.ts'
import { embeddedLabBus } from '../support/events-chaos/embedded-lab-bus.ts'
import { testEventsUnderKills } from '../support/events-chaos/kill-suite.ts'

for (const store of chosenStores('postgres', 'sqlite'))
  testEventsUnderKills('the embedded bus', embeddedLabBus, {
    store,
    ...{ rounds: 6, outageS: 2, restarts: 2, freezes: 0, deadly: 2 },
  })
