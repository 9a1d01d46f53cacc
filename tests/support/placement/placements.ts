import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { AppDefinition } from '@holon/app'
import type { Observation } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { type Address, type Invoker, memoryNetwork, type Network, type PeerListing } from '@holon/rpc'
import { nodeNetwork } from '@holon/rpc/node-network'
import { type Instance, startInstance } from '@holon/runtime'

import { type Entry, Journal } from './journal.ts'
import { chain, createPlacementApp, type Link, type OperationSpec } from './placement-app.ts'
import type { Journals } from './scenario.ts'
import type { Script } from './script.ts'

/** A chain that runs in some placement. */
export interface Placed {
  readonly name: string
  readonly invoker: Invoker
  readonly journals: Journals
  /** Links that broke the protocol, faults: there must be none. */
  readonly trouble: readonly Observation[]
  close(): Promise<void>
}

const secret = 'placement-test-secret'

/** Starts services of the chain in this process. `listen`: where others reach them. */
export async function startPart(parts: {
  readonly app: AppDefinition
  readonly services: readonly string[]
  readonly network: Network
  readonly listen: Address | undefined
  /** Default: true. */
  readonly compiledCodecs?: boolean
  readonly observe: (observation: Observation) => void
}): Promise<Instance> {
  return startInstance({
    app: parts.app,
    services: parts.services,
    instance: `${parts.services.join('-') || 'none'}-1`,
    platform: systemPlatform(),
    network: parts.network,
    observer: { observe: parts.observe },
    environment: {},
    provision: () => Promise.reject(new Error('no store here')),
    listen: parts.listen,
    callers: [{ name: 'test', uses: [...chain] }],
    linkSecret: secret,
    compiledCodecs: parts.compiledCodecs ?? true,
  })
}

export function listing({ instance, address, services }: Instance): PeerListing {
  if (address === undefined) throw new Error(`${instance} does not listen`)
  return { instance, address, services }
}

/** Resolves when all that the instance calls can be reached. */
async function untilReady(instance: Instance): Promise<void> {
  for (let turn = 0; turn < 500; turn++) {
    const { ready } = await instance.check()
    if (ready) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`${instance.instance} did not find the others`)
}

function isTrouble(observation: Observation): boolean {
  // Instances that stop one after the other find no listener any more: that is no trouble.
  return observation.kind === 'fault' || (observation.kind === 'link' && observation.state === 'violated')
}

interface Parts {
  readonly operations: readonly OperationSpec[]
  readonly scripts: ReadonlyMap<string, Script>
}

/** All in one instance, without a link. */
export async function inOneProcess({ operations, scripts }: Parts): Promise<Placed> {
  const journal = new Journal()
  const trouble: Observation[] = []
  const { app } = createPlacementApp(operations, scripts, journal)
  const instance = await startPart({
    app,
    services: chain,
    network: memoryNetwork(),
    listen: undefined,
    observe: (seen) => void (isTrouble(seen) && trouble.push(seen)),
  })
  return {
    name: 'in one process',
    invoker: instance.invoker('test'),
    journals: journalsOf(journal),
    trouble,
    close: () => instance.stop(1000),
  }
}

/** Each service in an instance of its own in this process; the caller in a fourth. */
export async function overLinks(
  name: string,
  { operations, scripts }: Parts,
  on: { readonly network: Network; readonly compiledCodecs?: boolean; listen(service: Link): Address },
): Promise<Placed> {
  const journal = new Journal()
  const trouble: Observation[] = []
  const { app } = createPlacementApp(operations, scripts, journal)
  const observe = (seen: Observation): void => void (isTrouble(seen) && trouble.push(seen))
  const shared = { app, network: on.network, compiledCodecs: on.compiledCodecs ?? true, observe }
  const running = await Promise.all(
    chain.map((service) => startPart({ ...shared, services: [service], listen: on.listen(service) })),
  )
  const caller = await startPart({ ...shared, services: [], listen: undefined })
  const all = [...running, caller]
  for (const instance of all) instance.setPeers(running.filter((other) => other !== instance).map(listing))
  await Promise.all(all.map(untilReady))
  const close = async (): Promise<void> => void (await Promise.all(all.map((instance) => instance.stop(1000))))
  return { name, invoker: caller.invoker('test'), journals: journalsOf(journal), trouble, close }
}

/** The networks that one process can use to talk to itself. */
export function networks(): readonly {
  readonly name: string
  readonly network: Network
  readonly compiledCodecs?: boolean
  listen(service: Link): Address
  remove(): void
}[] {
  const directory = mkdtempSync(join(tmpdir(), 'holon-placement-'))
  const unique = (): string => Math.random().toString(36).slice(2, 10)
  return [
    {
      name: 'over memory links',
      network: memoryNetwork(),
      listen: () => ({ host: 'memory', port: 0 }),
      remove: () => {},
    },
    {
      name: 'over memory links, self-describing',
      network: memoryNetwork(),
      compiledCodecs: false,
      listen: () => ({ host: 'memory', port: 0 }),
      remove: () => {},
    },
    {
      name: 'over Unix sockets',
      network: nodeNetwork(),
      listen: (service) => ({ path: join(directory, `${service}-${unique()}`) }),
      remove: () => rmSync(directory, { recursive: true }),
    },
    { name: 'over TCP', network: nodeNetwork(), listen: () => ({ host: '127.0.0.1', port: 0 }), remove: () => {} },
  ]
}

/** What the test asks of the child process, and what it answers (`undefined` where there is nothing to say). */
export type ToChild = { readonly request: number } & (
  | {
      readonly kind: 'start'
      readonly app: number
      readonly operations: readonly OperationSpec[]
      readonly scripts: readonly (readonly [string, Script])[]
    }
  | { readonly kind: 'hanging' | 'finished'; readonly app: number; readonly scenario: string }
  | { readonly kind: 'stop'; readonly app: number }
)
export interface FromChild {
  readonly request: number
  readonly answer?: unknown
  readonly error?: string
}

/** One process beside this one, used for many apps. */
export interface Beside {
  start(parts: Parts): Promise<Placed>
  close(): void
}

type Ask = (
  message: ToChild extends infer M ? (M extends unknown ? Omit<M, 'request'> : never) : never,
) => Promise<unknown>

export function startBeside(): Beside {
  const child = fork(new URL('./placement-child.ts', import.meta.url), { execArgv: [], serialization: 'advanced' })
  const ask = asker(child)
  let apps = 0
  return { start: (parts) => placeBeside(ask, ++apps, parts), close: () => void child.kill() }
}

function asker(child: ChildProcess): Ask {
  const waiting = new Map<number, (message: FromChild) => void>()
  let last = 0
  child.on('message', (message: FromChild) => waiting.get(message.request)?.(message))
  child.on('exit', () => waiting.forEach((answer, request) => answer({ request, error: 'the child process ended' })))
  return (message) =>
    new Promise((resolve, reject) => {
      const request = ++last
      waiting.set(request, ({ answer, error }) => {
        waiting.delete(request)
        if (error === undefined) resolve(answer)
        else reject(new Error(error))
      })
      child.send({ ...message, request }, (error) => {
        if (error) waiting.get(request)?.({ request, error: error.message })
      })
    })
}

/** `outer` and the caller here, `front` and `back` together in the other process. */
async function placeBeside(ask: Ask, id: number, { operations, scripts }: Parts): Promise<Placed> {
  const journal = new Journal()
  const trouble: Observation[] = []
  const { app } = createPlacementApp(operations, scripts, journal)
  const far = (await ask({ kind: 'start', app: id, operations, scripts: [...scripts] })) as PeerListing
  const observe = (seen: Observation): void => void (isTrouble(seen) && trouble.push(seen))
  const near = await startPart({ app, services: ['outer'], network: nodeNetwork(), listen: undefined, observe })
  near.setPeers([far])
  await untilReady(near)
  const own = journalsOf(journal)
  return {
    name: 'between processes',
    invoker: near.invoker('test'),
    journals: {
      waitHanging: async (scenario) =>
        void (await Promise.race([own.waitHanging(scenario), ask({ kind: 'hanging', app: id, scenario })])),
      finished: async (scenario) => [
        ...(await own.finished(scenario)),
        ...((await ask({ kind: 'finished', app: id, scenario })) as readonly Entry[]),
      ],
    },
    trouble,
    close: async () => {
      await near.stop(1000)
      trouble.push(...((await ask({ kind: 'stop', app: id })) as readonly Observation[]))
    },
  }
}

/** Answers from the journal of one process; waits are bounded, so that a hang shows as a difference. */
export function journalsOf(journal: Journal): Journals {
  return {
    waitHanging: async (scenario) => {
      const hangs = (): boolean => journal.of(scenario).some(({ events }) => events.some(([what]) => what === 'hangs'))
      await journal.until(hangs, 20_000)
    },
    finished: async (scenario) => {
      await journal.until(() => journal.of(scenario).every(({ finished }) => finished), 10_000)
      return journal.of(scenario)
    },
  }
}

export { isTrouble }
