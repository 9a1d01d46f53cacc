// From the start of the first process to the first answer, and what memory is used then.
import { setTimeout as sleep } from 'node:timers/promises'

import { appVariants, type StartApp } from '../app/start-app.ts'
import { versionsOf } from '../harness/machine.ts'
import { usageOf } from '../harness/proc.ts'
import { type Program, startNode } from '../harness/processes.ts'
import type { Job, Recorder, Settings, Suite, Variant, Window } from '../harness/suite.ts'
import { startOneService } from './start-one-service.ts'

const cell = { name: 'start', title: 'Start of the app in memory to its first answer, and memory once idle' }
const serviceCell = { name: 'process', title: 'One idle process, and what it is made of' }

/** Starts what is measured and resolves once it has answered; with one process where only that one is meant. */
type StartUp = (started: Program[]) => Promise<number | undefined>

/** Waits for the first good answer. @throws Error when there is none within 20 s. */
async function firstAnswer(url: string): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const response = await fetch(url).catch(() => undefined)
    const answered = response?.status === 200
    await response?.arrayBuffer()
    if (answered) return
    if (performance.now() > deadline) throw new Error(`no answer of ${url} within 20 s`)
    await sleep(5)
  }
}

async function measure(startUp: StartUp, started: Program[], settleMs: number): Promise<Window> {
  const begin = performance.now()
  const only = await startUp(started)
  const startMs = performance.now() - begin
  await sleep(settleMs)
  const { rssBytes, pssBytes, processes } = usageOf(only === undefined ? started.map(({ pid }) => pid) : [only])
  return { figures: { startMs, rssBytes, pssBytes, processes }, errors: 0 }
}

function job(name: string, startUp: StartUp): Job {
  const run = async (recorder: Recorder, { quick }: Settings): Promise<void> => {
    let started: Program[] = []
    const stop = async (): Promise<void> => {
      await Promise.all(started.map((program) => program.stop()))
      started = []
    }
    try {
      await recorder.measure(
        name,
        () => started.map(({ pid }) => pid),
        async () => {
          await stop() // Of the window that was disturbed.
          return measure(startUp, started, quick && name !== serviceCell.name ? 500 : 3000)
        },
      )
    } finally {
      await stop()
    }
  }
  return { cells: [name], run }
}

function startApp(start: StartApp): StartUp {
  return async (started) => {
    const { port } = await start({ core: undefined, started })
    await firstAnswer(`http://127.0.0.1:${port}/api/home`)
    return undefined
  }
}

function startModule(module: string): StartUp {
  return async (started) => {
    const worker = startNode(module)
    started.push(worker)
    await worker.next()
    return undefined
  }
}

function single(name: string, title: string, module: string): Variant {
  return { name, title, jobs: [job(serviceCell.name, startModule(module))] }
}

/** One process of an app that runs through `holon start`. */
function supervised(name: string, title: string, { config, group }: { config: string; group: string }): Variant {
  return { name, title, jobs: [job(serviceCell.name, (started) => startOneService(config, group, started))] }
}

export const startupSuite: Suite = {
  name: 'startup',
  method: [
    'The app suite without load: all processes are started at once (a hand-written edge after its services), and GET /api/home is asked every 5 ms until it answers. Not pinned: a start uses all cores. The files are in the page cache after the first round.',
    'Memory is read 3 s after the first answer. RSS counts what processes share once for each; PSS divides it among them, so that it adds up.',
    'Everything runs from TypeScript sources, the peers too: Node strips the types at the start.',
    'The idle processes of Holon are one service with one operation and a gateway, run by `holon start --split` as users run them: it keeps compiled code from start to start, so that types are not stripped again, and idle processes give memory back. Their time is that until the whole app is ready. Without the command, neither is done.',
  ],
  notMeasured: ['A cold page cache.', 'Containers.', 'Memory under load: the app suite has it.'],
  cells: [cell, serviceCell],
  variants: [
    ...appVariants.map(({ name, title, note, start }) => ({
      name,
      title,
      note,
      jobs: [job(cell.name, startApp(start))],
    })),
    supervised('holon-service', 'Holon, a process with one service', {
      config: 'startup/one-service.config.ts',
      group: 'catalog',
    }),
    supervised('holon-service-sqlite', 'Holon, a process with one service that has a store (sqlite)', {
      config: 'startup/stored-service.config.ts',
      group: 'catalog',
    }),
    supervised('holon-gateway', 'Holon, a process with the gateway', {
      config: 'startup/one-service.config.ts',
      group: 'gateway',
    }),
    single('holon-service-ts', 'Holon, one service without the `holon` command', 'gateway/holon-service.ts'),
    single('bare-node', 'Node with nothing in it', 'startup/bare-node.mjs'),
    single('bare-node-ts', 'Node with nothing in it, as TypeScript', 'startup/bare-node.ts'),
  ],
  versions: () =>
    versionsOf([
      'zod',
      'fastify',
      'undici',
      'moleculer',
      '@nestjs/microservices',
      '@grpc/grpc-js',
      '@grpc/proto-loader',
    ]),
}
