// `npm run chaos`: the kill suite of events, at length.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { root } from './workspaces.ts'

const buses = ['embedded', 'nats', 'rabbitmq', 'kafka'] as const

const help = `usage: npm run chaos -- [options]

  --bus <name>        embedded, nats, rabbitmq or kafka (default: one after the other)
  --store <kind>      what the services have: postgres, sqlite or all (default: all)
  --rounds <n>        kills (default: 200 on the embedded bus, 50 on a broker)
  --seed <n>          the same seed draws the same kills
  --outage <seconds>  how long the bus is away under load (60)
  --restarts <n>      how often the bus is killed and stopped while events are published (20)
  --freezes <n>       how often a consumer is frozen for longer than it may be silent (4)
  --deadly <n>        how many events end the process that handles them (6)
  --only <pattern>    the tests whose names match
`

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    bus: { type: 'string' },
    store: { type: 'string', default: 'all' },
    rounds: { type: 'string' },
    seed: { type: 'string' },
    outage: { type: 'string', default: '60' },
    restarts: { type: 'string', default: '20' },
    freezes: { type: 'string', default: '4' },
    deadly: { type: 'string', default: '6' },
    only: { type: 'string' },
  },
})

function run(bus: string): boolean {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const only = values.only === undefined ? [] : ['-t', values.only]
  const { status } = spawnSync(
    process.execPath,
    [vitest, 'run', '--project', 'chaos', `tests/chaos/events-${bus}.test.ts`, ...only],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        HOLON_CHAOS_ROUNDS: values.rounds ?? (bus === 'embedded' ? '200' : '50'),
        HOLON_CHAOS_OUTAGE_S: values.outage,
        HOLON_CHAOS_RESTARTS: values.restarts,
        HOLON_CHAOS_FREEZES: values.freezes,
        HOLON_CHAOS_DEADLY: values.deadly,
        HOLON_CHAOS_STORE: values.store,
        ...(values.seed !== undefined && { HOLON_CHAOS_SEED: values.seed }),
      },
    },
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
