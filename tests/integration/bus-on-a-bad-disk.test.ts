import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, expect, test } from 'vitest'

import app from '../fixtures/parcels/holon.config.ts'
import { depot } from '../fixtures/parcels/services/depot/contract.ts'
import { tracking } from '../fixtures/parcels/services/tracking/contract.ts'
import { connectToApp } from '../support/app-caller.ts'
import {
  createPlayground,
  type Finished,
  type Playground,
  readStatus,
  type RunningCommand,
} from '../support/holon-process.ts'

const preload = fileURLToPath(new URL('../fixtures/failing-sync.ts', import.meta.url))

const patience = { timeout: 60_000, interval: 100 }

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each[Symbol.asyncDispose]()
})

interface Lab {
  readonly playground: Playground
  readonly holon: RunningCommand
  /** Commits an event in the sender's outbox. */
  send(parcelId: string): Promise<void>
  publish(parcelId: string): Promise<Finished>
  /** What the subscriber has applied, in that order. */
  tracked(): Promise<readonly string[]>
  waiting(): Promise<number>
  busPid(): Promise<number | undefined>
}

async function start(playground: Playground, environment: Record<string, string> = {}): Promise<Lab> {
  const holon = playground.start(['start', '--split'], environment)
  await holon.until(/parcels is ready in [\d.]+ s/)
  const caller = await connectToApp(app, playground)
  open.push(caller)
  const run = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await playground.run(args)
    if (code !== 0) throw new Error(`holon ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  return {
    playground,
    holon,
    send: async (parcelId) => void (await caller.call(depot.operations.send, { parcelId, weight: 1 })),
    publish: (parcelId) => playground.run(['events', 'publish', 'depot.sent', JSON.stringify({ parcelId, weight: 1 })]),
    tracked: async () => {
      const parcels = (await caller.call(tracking.operations.parcels)) as { id: string }[]
      return parcels.map(({ id }) => id)
    },
    waiting: async () => {
      const reports = JSON.parse(await run('events', 'lag', '--json')) as {
        service: string
        outbox?: { waiting: number }
      }[]
      return reports.find(({ service }) => service === 'depot')?.outbox?.waiting ?? -1
    },
    busPid: async () => {
      const { groups } = await readStatus(playground)
      return groups.find(({ name }) => name === 'holon-bus')?.instances[0]?.pid
    },
  }
}

/** What only root may do. */
function asRoot(...command: readonly string[]): void {
  const [name = '', ...args] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command]
  execFileSync(name, args)
}

/** A disk of its own for the bus; the services' stores are elsewhere. */
function diskOfTheBus({ data }: Playground): { fill(): void; free(): void } {
  const [folder, elsewhere] = [join(data, 'sqlite'), join(data, 'elsewhere')]
  for (const each of [folder, elsewhere]) mkdirSync(each, { recursive: true })
  asRoot('mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder)
  open.push({ [Symbol.asyncDispose]: async () => asRoot('umount', '--lazy', folder) })
  for (const service of ['depot', 'tracking'])
    symlinkSync(join(elsewhere, `${service}.db`), join(folder, `${service}.db`))
  const filler = join(folder, 'filler')
  return {
    fill() {
      const file = openSync(filler, 'w')
      try {
        for (;;) writeSync(file, Buffer.alloc(4_096))
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' })
      } finally {
        closeSync(file)
      }
    },
    free: () => rmSync(filler),
  }
}

test('while the disk of the bus is full events wait in the outbox and publishing is refused; then all arrive, once', async () => {
  const playground = createPlayground('parcels')
  open.push(playground)
  const disk = diskOfTheBus(playground)
  const { send, publish, tracked, waiting, busPid, holon } = await start(playground)
  await send('p1')
  await expect.poll(tracked, patience).toEqual(['p1'])
  disk.fill()
  const [refused] = await Promise.all([publish('p4'), send('p2').then(() => send('p3'))])
  expect(refused).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/resource_exhausted: .*The disk of the bus is full/) as unknown,
  })
  expect(await waiting()).toBe(2)
  // What was acknowledged before is there after a crash on the full disk; the bus comes back when it can.
  const [pid, from] = [await busPid(), holon.output().length]
  process.kill(pid ?? 0, 'SIGKILL')
  await holon.until(/holon-bus/, { from })
  await send('p5')
  await expect.poll(tracked, patience).toEqual(['p1'])
  disk.free()
  await expect.poll(tracked, patience).toEqual(['p1', 'p2', 'p3', 'p5'])
  await expect.poll(waiting, patience).toBe(0)
})

test('after a failed sync the bus is started anew by the supervisor, and what it had not acknowledged arrives', async () => {
  const playground = createPlayground('parcels')
  open.push(playground)
  const flag = join(playground.data, 'failing')
  const { send, tracked, waiting, busPid, holon } = await start(playground, {
    NODE_OPTIONS: `--import=${preload}`,
    FAILING_SYNC: flag,
  })
  await send('p1')
  await expect.poll(tracked, patience).toEqual(['p1'])
  const before = await busPid()
  writeFileSync(flag, '')
  await send('p2')
  await holon.until(/EIO: i\/o error, fdatasync/)
  expect(await waiting()).toBe(1)
  rmSync(flag)
  await expect.poll(tracked, patience).toEqual(['p1', 'p2'])
  await expect.poll(waiting, patience).toBe(0)
  expect(await busPid()).not.toBe(before)
})
