// Starts the processes of one variant of the shop in memory.
import { freePort } from '../harness/free-port.ts'
import { type Program, startNode, type Worker } from '../harness/processes.ts'
import { serviceNames } from './operations.ts'

export interface AppOptions {
  /** The core of all its processes; undefined: the scheduler's choice. */
  readonly core: number | undefined
  /** Everything that was started goes here, also when something fails. */
  readonly started: Program[]
}

export interface RunningApp {
  /** Of the edge, on 127.0.0.1. */
  readonly port: number
}

export type StartApp = (options: AppOptions) => Promise<RunningApp>

interface Told<Address> {
  readonly address: Address
}

function launch(module: string, args: readonly string[], { core, started }: AppOptions): Worker {
  const worker = startNode(module, { core, args })
  started.push(worker)
  return worker
}

const startHolonOne: StartApp = async (options) => {
  const process = launch('app/holon-process.ts', [[...serviceNames, 'gateway'].join(',')], options)
  return (await process.next<Told<RunningApp>>()).address
}

const startHolonSplit: StartApp = async (options) => {
  const services = serviceNames.map((name) => launch('app/holon-process.ts', [name], options))
  const gateway = launch('app/holon-process.ts', ['gateway'], options)
  const peers = await Promise.all(services.map(async (service) => (await service.next<Told<unknown>>()).address))
  for (const process of [...services, gateway]) process.send({ peers })
  return (await gateway.next<Told<RunningApp>>()).address
}

const startPlainHttp: StartApp = async (options) =>
  (await launch('app/plain-http.ts', [], options).next<Told<RunningApp>>()).address

function startByHand(peer: string): StartApp {
  return async (options) => {
    const ports = JSON.stringify(
      Object.fromEntries(await Promise.all(serviceNames.map(async (name) => [name, await freePort()] as const))),
    )
    const services = serviceNames.map((name) => launch('app/hand-written.ts', [peer, name, ports], options))
    await Promise.all(services.map((service) => service.next()))
    const edge = launch('app/hand-written.ts', [peer, 'edge', ports], options)
    return (await edge.next<Told<RunningApp>>()).address
  }
}

export interface AppVariant {
  readonly name: string
  readonly title: string
  readonly note: string
  readonly start: StartApp
}

/** The ways to run the shop in memory. */
export const appVariants: readonly AppVariant[] = [
  { name: 'holon-one', title: 'Holon, one process', note: '1 process', start: startHolonOne },
  { name: 'holon-split', title: 'Holon, split', note: '8 processes, Unix sockets', start: startHolonSplit },
  ...[
    { name: 'moleculer-tcp', title: 'Moleculer TCP, by hand' },
    { name: 'nest-tcp', title: 'NestJS microservices TCP, by hand' },
    { name: 'fastify', title: 'Fastify + undici HTTP/JSON, by hand' },
    { name: 'grpc-js', title: '@grpc/grpc-js, by hand' },
  ].map(({ name, title }) => ({ name, title, note: '8 processes', start: startByHand(name) })),
]

/** A yardstick: what no way of writing services can be faster than. It answers `GET /api/home` only. */
export const plainVariant: AppVariant = {
  name: 'plain-http',
  title: 'node:http and plain functions (the limit)',
  note: '1 process, no services, nothing checked',
  start: startPlainHttp,
}
