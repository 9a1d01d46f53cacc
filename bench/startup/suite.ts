// From the start of the first process to the first answer, and what memory is used then.
import { setTimeout as sleep } from 'node:timers/promises'

import { appVariants, type StartApp } from '../app/start-app.ts'
import { versionsOf } from '../harness/machine.ts'
import { usageOf } from '../harness/proc.ts'
import { type Program, startNode } from '../harness/processes.ts'
import type { Job, Recorder, Settings, Suite, Variant, Window } from '../harness/suite.ts'

const cell = { name: 'start', title: 'Start of the app in memory to its first answer, and memory once idle' }
const serviceCell = { name: 'process', title: 'One idle process, and what it is made of' }

/** Starts what is measured and resolves once it has answered. */
type StartUp = (started: Program[]) => Promise<void>

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
  await startUp(started)
  const startMs = performance.now() - begin
  await sleep(settleMs)
  const { rssBytes, pssBytes, processes } = usageOf(started.map(({ pid }) => pid))
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
          return measure(startUp, started, quick ? 500 : 2000)
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
  }
}

function startModule(module: string): StartUp {
  return async (started) => {
    const worker = startNode(module)
    started.push(worker)
    await worker.next()
  }
}

function single(name: string, title: string, module: string): Variant {
  return { name, title, jobs: [job(serviceCell.name, startModule(module))] }
}

export const startupSuite: Suite = {
  name: 'startup',
  method: [
    'The app suite without load: all processes are started at once (a hand-written edge after its services), and GET /api/home is asked every 5 ms until it answers. Not pinned: a start uses all cores. The files are in the page cache after the first round.',
    'Memory is read 2 s after the first answer. RSS counts what processes share once for each; PSS divides it among them, so that it adds up.',
    'Everything runs from TypeScript sources, the peers too: Node strips the types at the start.',
    'The idle process of a Holon service is one service with one operation, listening on a Unix socket.',
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
    single('holon-service', 'Holon, one service', 'gateway/holon-service.ts'),
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
