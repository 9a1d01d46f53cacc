import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

import { expect } from 'vitest'

import { type Playground, readStatus } from '../holon-process.ts'
import { root } from './published.ts'

/** Does with the installed app `packaged` what people do with an app: types, one process, several, and the commands. */
export async function useInstalledApp(app: Playground): Promise<void> {
  checkTypes(app)
  await runsAs(app, { args: [], processes: 1, orders: 1 })
  await runsAs(app, { args: ['--split'], processes: 4, orders: 2 })
}

/** Strictly, and the declarations of all libraries too. */
export function checkTypes(app: Playground): void {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', join(app.folder, 'strict.json')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}

interface Run {
  readonly args: readonly string[]
  /** How many processes the app is in, without the supervisor. */
  readonly processes: number
  /** How many orders there are at the end, with the one that is placed here: the stores keep those of the run before. */
  readonly orders: number
}

async function runsAs(app: Playground, { args, processes, orders }: Run): Promise<void> {
  const holon = app.start(['start', ...args])
  const [, url] = await holon.until(/gateway ready: (http:\S+)/)
  await holon.until(/packaged is ready/)
  const placed = await fetch(`${url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ orderId: `order-${orders}`, cents: 250 }),
  })
  expect({ status: placed.status, text: await placed.text() }).toEqual({ status: 204, text: '' })
  // Through the outbox, the bus and the other service's store; and by a call between the two.
  const report = { cents: 250 * orders, orders }
  await expect.poll(async () => (await fetch(`${url}/report`)).json()).toEqual(report)
  expect(await (await fetch(`${url}/openapi.json`)).json()).toMatchObject({ info: { title: 'packaged' } })

  const called = await app.run(['call', 'ledger.report'])
  expect(called).toMatchObject({ code: 0 })
  expect(JSON.parse(called.stdout)).toEqual(report)
  const { pid, groups } = await readStatus(app)
  expect(groups.flatMap(({ instances }) => instances)).toHaveLength(processes)

  // What Ctrl-C reaches is Holon, whatever has started it.
  process.kill(pid, 'SIGINT')
  expect(await holon.ended()).toBe(0)
  await app.untilNothingRuns()
}
