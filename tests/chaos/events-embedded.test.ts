import { chosenStores } from '../support/events-chaos/chosen-stores.ts'
import { embeddedLabBus } from '../support/events-chaos/embedded-lab-bus.ts'
import { type ChaosAmounts, testEventsUnderKills } from '../support/events-chaos/kill-suite.ts'

const short: Readonly<Record<'postgres' | 'sqlite', ChaosAmounts>> = {
  postgres: { rounds: 8, outage: 2, restarts: 2, databaseKills: 1, rewinds: 2 },
  sqlite: { rounds: 4, deadly: 2, versionKills: 3 },
}

for (const store of chosenStores('postgres', 'sqlite'))
  testEventsUnderKills('the embedded bus', embeddedLabBus, { store, ...short[store] })
