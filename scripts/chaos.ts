// `npm run chaos`: the kill suite of events, at length.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { brokerNames } from '../tests/support/broker-names.ts'
import { root } from './workspaces.ts'

const buses = ['embedded', ...brokerNames] as const

const help = `usage: npm run chaos -- [options]

  --bus <name>         ${buses.join(', ')} (default: one after the other)
  --store <kind>       what the services have: postgres, sqlite or all (default: all)
  --seed <n>           the same seed draws the same kills

How much of each; 0 leaves it out:

  --rounds <n>         kills (default: 200 on the embedded bus, 50 on a broker)
  --outage <seconds>   how long the bus is away under load (60)
  --restarts <n>       how often the bus is killed and stopped while events are published (20)
  --freezes <n>        how often a consumer is frozen for longer than it may be silent (4)
  --databaseKills <n>  how often the database server is killed (5)
  --deadly <n>         how many events end the process that handles them (6)
  --versionKills <n>   kills while replicas of two versions run side by side (4)
  --rewinds <n>        rewinds under load (3)
`

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    bus: text,
    store: { ...text, default: 'all' },
    seed: text,
    rounds: text,
    outage: { ...text, default: '60' },
    restarts: { ...text, default: '20' },
    freezes: { ...text, default: '4' },
    databaseKills: { ...text, default: '5' },
    deadly: { ...text, default: '6' },
    versionKills: { ...text, default: '4' },
    rewinds: { ...text, default: '3' },
  },
})

function run(bus: string): boolean {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const { help: _help, bus: _bus, store, seed, rounds = bus === 'embedded' ? '200' : '50', ...others } = values
  const amounts = Object.fromEntries(Object.entries({ rounds, ...others }).map(([name, told]) => [name, Number(told)]))
  const environment = {
    HOLON_CHAOS: JSON.stringify(amounts),
    HOLON_CHAOS_STORE: store,
    ...(seed !== undefined && { HOLON_CHAOS_SEED: seed }),
  }
  const { status } = spawnSync(
    process.execPath,
    [vitest, 'run', '--project', 'chaos', `tests/chaos/events-${bus}.test.ts`],
    { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } },
  )
  return status === 0
}

const chosen = values.bus === undefined ? buses : buses.filter((bus) => bus === values.bus)
if (values.help) console.log(help)
else if (chosen.length === 0) {
  console.error(`unknown bus '${values.bus ?? ''}'; known: ${buses.join(', ')}`)
  process.exitCode = 2
} else {
  process.exitCode = chosen.map(run).every(Boolean) ? 0 : 1
}
