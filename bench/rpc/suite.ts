// Calls between two processes on one machine, and in one process.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { freePort } from '../harness/free-port.ts'
import { versionsOf } from '../harness/machine.ts'
import { cpuUsIn, runWindow } from '../harness/messages.ts'
import { type Program, start, startNode, type Worker } from '../harness/processes.ts'
import type { CellInfo } from '../harness/result.ts'
import type { Job, Recorder, Settings, Suite, Variant, Window } from '../harness/suite.ts'
import { findTool } from '../harness/tools.ts'
import type { Task } from './client.ts'
import { inProcessCell, inProcessVariants } from './in-process-suite.ts'

/** The server's core and the client's. */
const serverCore = 0
const clientCore = 1

interface Cell extends CellInfo {
  readonly task: (settings: Settings) => Task
}

const unary: readonly Cell[] = [1, 64, 256].map((inFlight) => ({
  name: `get-${inFlight}`,
  title: `Unary, a product of 300 bytes, ${inFlight} in flight`,
  task: (settings) => ({ kind: 'get', inFlight, ...settings }),
}))

const documents: readonly Cell[] = [
  { bytes: 10, size: '10 B', inFlight: 64 },
  { bytes: 10_000, size: '10 kB', inFlight: 64 },
  { bytes: 1_000_000, size: '1 MB', inFlight: 8 },
].map(({ bytes, size, inFlight }) => ({
  name: `document-${bytes}`,
  title: `Unary, an answer of ${size}, ${inFlight} in flight`,
  task: (settings) => ({ kind: 'document', bytes, inFlight, ...settings }),
}))

const streams: readonly Cell[] = [
  {
    name: 'stream',
    title: 'A stream of a million small items (with --quick a hundred thousand)',
    task: ({ quick }) => ({ kind: 'changes', count: quick ? 100_000 : 1_000_000 }),
  },
]

const beside: readonly Cell[] = [
  {
    name: 'large-beside-small',
    title: 'Unary, a product of 300 bytes, 1 in flight, while answers of 50 MB travel over the same connection',
    task: (settings) => ({ kind: 'beside', bytes: 50_000_000, ...settings }),
  },
]

const pairCells = [...unary, ...documents, ...streams, ...beside]

interface Peer {
  readonly name: string
  readonly title: string
  readonly module: string
  readonly note?: string
  readonly nats?: true
  /** It has no stream of items, or none that a user would use so. */
  readonly noStream?: true
  /** It is asked for 50 MB, too, which most others refuse by default. */
  readonly large?: true
}

const everything = 'validates input and output with Zod; deadline, trace, identity'
const noValidation = 'no validation'

const peers: readonly Peer[] = [
  { name: 'raw-tcp', title: 'Raw socket echo, TCP (the limit)', module: 'raw', note: 'bytes only', large: true },
  { name: 'raw-unix', title: 'Raw socket echo, Unix', module: 'raw', note: 'bytes only', large: true },
  { name: 'raw-tcp-early', title: 'Raw socket echo, TCP, flushed at 6 kB', module: 'raw', note: 'bytes only' },
  { name: 'raw-unix-early', title: 'Raw socket echo, Unix, flushed at 6 kB', module: 'raw', note: 'bytes only' },
  { name: 'holon-unix', title: 'Holon, Unix, service to service', module: 'holon', note: everything, large: true },
  { name: 'holon-tcp', title: 'Holon, TCP, service to service', module: 'holon', note: everything, large: true },
  { name: 'holon-unix-edge', title: 'Holon, Unix, outside caller', module: 'holon', note: everything },
  { name: 'holon-tcp-edge', title: 'Holon, TCP, outside caller', module: 'holon', note: everything },
  { name: 'moleculer-tcp', title: 'Moleculer, TCP, JSON', module: 'moleculer', note: 'validates input' },
  { name: 'moleculer-nats', title: 'Moleculer, NATS, JSON', module: 'moleculer', note: 'validates input', nats: true },
  { name: 'nest-tcp', title: 'NestJS microservices, TCP', module: 'nest', note: noValidation },
  { name: 'nest-grpc', title: 'NestJS microservices, gRPC', module: 'nest', note: 'types of protobuf' },
  { name: 'fastify-undici', title: 'Fastify + undici, JSON', module: 'http', note: 'validates input (Ajv)' },
  { name: 'grpc-js', title: '@grpc/grpc-js', module: 'grpc', note: 'types of protobuf' },
  { name: 'connect-grpc', title: 'Connect, gRPC protocol', module: 'connect', note: 'types of protobuf' },
  { name: 'connect-connect', title: 'Connect, Connect protocol, HTTP/2', module: 'connect', note: 'types of protobuf' },
  { name: 'trpc-http', title: 'tRPC, HTTP, batched', module: 'trpc', note: 'validates input (Zod)', noStream: true },
  { name: 'trpc-ws', title: 'tRPC, WebSocket', module: 'trpc', note: 'validates input (Zod)' },
  { name: 'nats', title: 'NATS request/reply, JSON', module: 'nats', note: noValidation, nats: true },
]

/** nats-server on a free port, where the peer wants one. */
async function startBroker(peer: Peer): Promise<{ readonly program: Program; readonly url: string } | undefined> {
  if (peer.nats !== true) return undefined
  const port = await freePort()
  const store = mkdtempSync(join(tmpdir(), 'holon-bench-nats-'))
  const command = [findTool('nats-server') ?? 'nats-server', '-a', '127.0.0.1', '-p', String(port), '-sd', store]
  const program = start({ command })
  await sleep(500) // Its clients connect again until it listens.
  return { program, url: `127.0.0.1:${port}` }
}

function pairJob(peer: Peer, cells: readonly Cell[]): Job {
  const run = async (recorder: Recorder, settings: Settings): Promise<void> => {
    const programs: Program[] = []
    try {
      const broker = await startBroker(peer)
      if (broker) programs.push(broker.program)
      const env = broker ? { BENCH_NATS: broker.url } : {}
      const server = startNode('rpc/server.ts', { core: serverCore, args: [peer.module, peer.name], env })
      programs.push(server)
      const { address } = await server.next<{ readonly address: unknown }>()
      const args = [peer.module, peer.name, JSON.stringify(address)]
      const client = startNode('rpc/client.ts', { core: clientCore, args, env })
      programs.push(client)
      await client.next()
      const sides: Sides = { client, server, broker: broker?.program }
      const pids = (): readonly number[] => programs.map(({ pid }) => pid)
      for (const { name, task } of cells) {
        await recorder.measure(name, pids, () => measurePair(sides, task(settings)))
      }
    } finally {
      await Promise.all(programs.toReversed().map((program) => program.stop()))
    }
  }
  return { cells: cells.map(({ name }) => name), run }
}

interface Sides {
  readonly client: Worker
  readonly server: Program
  readonly broker: Program | undefined
}

async function measurePair({ client, server, broker }: Sides, task: Task): Promise<Window> {
  const groups = [[server.pid], [client.pid], broker ? [broker.pid] : []]
  const { result, edges } = await runWindow(client, task, { groups, timeoutMs: 60_000 })
  if (result.calls === 0)
    throw new Error(`no call came back within the window: ${result.firstError ?? 'no error either'}`)
  const perS = result.calls / result.seconds
  const per = (index: number): number => cpuUsIn(edges, index) / result.calls
  const shared = {
    cpuUs: per(0) + per(1) + per(2),
    serverCpuUs: per(0),
    clientCpuUs: per(1),
    ...(broker && { brokerCpuUs: per(2) }),
    serverRssBytes: edges.end[0]?.rssBytes ?? 0,
    clientRssBytes: edges.end[1]?.rssBytes ?? 0,
  }
  if (task.kind === 'changes') return { figures: { itemsPerS: perS, ...shared }, errors: result.errors }
  const bytes = task.kind === 'document' ? { bytesPerS: perS * task.bytes } : {}
  const longest = task.kind === 'beside' ? { maxUs: result.maxUs } : {}
  const figures = { callsPerS: perS, ...bytes, p50Us: result.p50Us, p99Us: result.p99Us, ...longest, ...shared }
  return { figures, errors: result.errors }
}

function toVariant(peer: Peer): Variant {
  const jobs = [
    pairJob(peer, unary),
    pairJob(peer, documents),
    ...(peer.noStream ? [] : [pairJob(peer, streams)]),
    ...(peer.large ? [pairJob(peer, beside)] : []),
  ]
  const { name, title, note } = peer
  return {
    name,
    title,
    jobs,
    ...(note !== undefined && { note }),
    ...(peer.nats && { needs: ['nats-server'] as const }),
  }
}

export const rpcSuite: Suite = {
  name: 'rpc',
  method: [
    'Server and client are processes of their own, started anew for each variant, group of cells and round; the server is pinned to one core, the client to another. A broker (NATS) is not pinned: it takes from both.',
    'Closed loop: so many callers, each waiting for its answer before its next call. The input is { id, currency }, the answer a product of about 300 bytes as JSON; raw echo sends and gets 300 bytes.',
    'Before anything is measured, 50 products, two documents and a stream of 100 items are compared deeply with what was wanted; during the measurement each answer is checked to be that of its call.',
    'CPU time and memory are read from /proc at both edges of the window, of server, client and broker.',
    'Peers are used as their documentation shows, with their defaults and without validation that they do not do by themselves; Holon has everything on, always: Zod validates input and output at the server, every call has a deadline, a trace and an identity, and the log observer of `holon start` is installed.',
    'In process: awaited calls one after the other in one process on one core; validated copies of input and output for Holon, shared objects for Moleculer.',
  ],
  notMeasured: [
    'A real network: both processes are on one machine, latency is that of the kernel.',
    'Encryption. Peers and Holon speak in the clear.',
    'Many connections: each variant has the connections it opens for one client process (one, except HTTP).',
    'More than one core on a side.',
    'Load that comes at its own rate (an open loop) instead of waiting for answers; see the app suite for that.',
  ],
  cells: [...pairCells.map(({ name, title }) => ({ name, title })), inProcessCell],
  variants: [...peers.map((peer) => toVariant(peer)), ...inProcessVariants],
  versions: () =>
    versionsOf(
      [
        'zod',
        'msgpackr',
        '@grpc/grpc-js',
        '@grpc/proto-loader',
        '@connectrpc/connect-node',
        '@bufbuild/protobuf',
        'moleculer',
        '@nestjs/microservices',
        'fastify',
        'undici',
        '@trpc/server',
        'ws',
        '@nats-io/transport-node',
      ],
      ['nats-server'],
    ),
}
