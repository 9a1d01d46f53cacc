import { embeddedLabBus } from '../support/embedded-lab-bus.ts'
import { testEventsUnderKills } from '../support/events-chaos.ts'

testEventsUnderKills('the embedded bus and Postgres', embeddedLabBus, { rounds: 8, outageS: 3 })
