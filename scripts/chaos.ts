// `npm run chaos`: the kill suite of events, at length.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { root } from './workspaces.ts'

const buses = ['embedded', 'nats', 'rabbitmq', 'kafka'] as const

const help = `usage: npm run chaos -- [options]

  --bus <name>        embedded, nats, rabbitmq or kafka (default: one after the other)
  --rounds <n>        kills (default: 200 on the embedded bus, 50 on a broker)
  --seed <n>          the same seed draws the same kills
  --outage <seconds>  how long the bus is away in the second run (60)
`

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    bus: { type: 'string' },
    rounds: { type: 'string' },
    seed: { type: 'string' },
    outage: { type: 'string', default: '60' },
  },
})

function run(bus: string): boolean {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const rounds = values.rounds ?? (bus === 'embedded' ? '200' : '50')
  const { status } = spawnSync(
    process.execPath,
    [vitest, 'run', '--project', 'chaos', `tests/chaos/events-${bus}.test.ts`],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        HOLON_CHAOS_ROUNDS: rounds,
        HOLON_CHAOS_OUTAGE_S: values.outage,
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
