// npm run bench:first-answer: from an empty folder to the first answer of an own service, as somebody comes there who types what
// the README says: once with an empty npm cache, then with a full one. `-- --times 3` is the default, medians are printed.
// Packages come from a registry on this machine, so that no network is in the figures; not part of the suites: it has no peers.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { freePort } from '../../tests/support/free-port.ts'
import { publishAll } from '../../tests/support/packages/published.ts'
import { createStranger } from '../../tests/support/packages/stranger.ts'
import { median } from '../harness/statistics.ts'

const { values } = parseArgs({ options: { times: { type: 'string', default: '3' } } })

/** Seconds. */
interface Way {
  /** `npm create`, which installs the packages. */
  readonly created: number
  /** `npm run dev`, until the first answer. */
  readonly answered: number
}

const answerWithinMs = 120_000

async function walk(url: string, cache: string): Promise<Way> {
  await using stranger = createStranger({ url, cache })
  const started = performance.now()
  const { code, stderr } = await stranger.run('npm create holon@latest my-app -- --yes')
  if (code !== 0) throw new Error(`npm create failed:\n${stderr}`)
  const created = performance.now()
  stranger.enter('my-app')
  const port = await freePort()
  const dev = stranger.start('npm run dev', { PORT: String(port) })
  await firstAnswer(`http://127.0.0.1:${port}/hello/Ann`, () => dev.output())
  const answered = performance.now()
  await dev.interrupt()
  return { created: (created - started) / 1000, answered: (answered - created) / 1000 }
}

async function firstAnswer(url: string, output: () => string): Promise<void> {
  const endMs = performance.now() + answerWithinMs
  while (performance.now() < endMs) {
    const text = await fetch(url).then(
      (response) => response.text(),
      () => '',
    )
    if (text === '{"text":"Hello, Ann!"}') return
    await sleep(20)
  }
  throw new Error(`There was no answer within ${answerWithinMs / 1000} s:\n${output()}`)
}

function line(name: string, aim: number, ways: readonly Way[]): string {
  const middle = (of: (way: Way) => number): number => median(ways.map(of))
  const [all, created, answered] = [
    middle((way) => way.created + way.answered),
    middle((way) => way.created),
    middle((way) => way.answered),
  ]
  const shown = (seconds: number): string => `${seconds.toFixed(1).padStart(6)} s`
  return `${name.padEnd(16)}${shown(all)} (aim: ${aim} s)   npm create ${shown(created)}   npm run dev, first answer ${shown(answered)}`
}

await using registry = await publishAll()
const caches = mkdtempSync(join(tmpdir(), 'holon-caches-'))
try {
  // What the registry has to fetch from elsewhere it has afterwards.
  await walk(registry.url, join(caches, 'first'))
  const [cold, warm]: [Way[], Way[]] = [[], []]
  for (let time = 0; time < Number(values.times); time += 1) {
    const cache = join(caches, `cold-${time}`)
    cold.push(await walk(registry.url, cache))
    warm.push(await walk(registry.url, cache))
  }
  console.log(line('empty npm cache', 120, cold))
  console.log(line('full npm cache', 60, warm))
} finally {
  rmSync(caches, { recursive: true, force: true })
}
