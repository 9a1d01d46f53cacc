// A route through a gateway to a service in another process.
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'

import { freePort } from '../harness/free-port.ts'
import { versionsOf } from '../harness/machine.ts'
import { usageOf } from '../harness/proc.ts'
import { type Program, start, startNode } from '../harness/processes.ts'
import type { Job, Recorder, Settings, Suite, Variant, Window } from '../harness/suite.ts'
import { findTool } from '../harness/tools.ts'
import { runWrk } from '../harness/wrk.ts'
import { getProduct, queryOf } from '../rpc/workload.ts'
import { haproxyArguments, nginxArguments, type ProxyPorts } from './proxies.ts'

const gatewayCore = 0
/** Of the service and of wrk. */
const otherCore = 1
const cells = [
  {
    name: 'route-64',
    title: 'A route to a service in another process, 64 connections',
    script: 'gateway/wrk.lua',
  },
  {
    name: 'body-64',
    title: 'The same with a body: POST of a product, which is the answer too, 64 connections',
    script: 'gateway/wrk-body.lua',
  },
] as const

interface Front {
  /** Absent when clients come straight to the service. */
  readonly gateway: Program | undefined
  readonly service: Program
  readonly port: number
}

/** Starts what is measured; everything started goes to `started`, also when something fails. */
type StartFront = (started: Program[]) => Promise<Front>

interface Port {
  readonly address: { readonly port: number }
}

const worker = (started: Program[], module: string, options: { core: number; args?: readonly string[] }) => {
  const program = startNode(module, options)
  started.push(program)
  return program
}

const startHolon: StartFront = async (started) => {
  const service = worker(started, 'gateway/holon-service.ts', { core: otherCore })
  const { address } = await service.next<{ readonly address: unknown }>()
  const gateway = worker(started, 'gateway/holon-gateway.ts', { core: gatewayCore, args: [JSON.stringify(address)] })
  const { port } = (await gateway.next<Port>()).address
  return { gateway, service, port }
}

const startDirect: StartFront = async (started) => {
  const service = worker(started, 'gateway/upstream.ts', { core: gatewayCore })
  return { gateway: undefined, service, port: (await service.next<Port>()).address.port }
}

function nodeProxy(name: string): StartFront {
  return async (started) => {
    const service = worker(started, 'gateway/upstream.ts', { core: otherCore })
    const upstream = (await service.next<Port>()).address.port
    const gateway = worker(started, `gateway/peers/${name}.ts`, { core: gatewayCore, args: [String(upstream)] })
    return { gateway, service, port: (await gateway.next<Port>()).address.port }
  }
}

function foreignProxy(tool: 'nginx' | 'haproxy', toArguments: (ports: ProxyPorts) => readonly string[]): StartFront {
  return async (started) => {
    const service = worker(started, 'gateway/upstream.ts', { core: otherCore })
    const ports = { listen: await freePort(), upstream: (await service.next<Port>()).address.port }
    const command = [findTool(tool) ?? tool, ...toArguments(ports)]
    const gateway = start({ core: gatewayCore, command })
    started.push(gateway)
    return { gateway, service, port: ports.listen }
  }
}

/** Asks until the front answers, and looks at the answers, also to a body. */
async function verify(port: number): Promise<void> {
  const deadline = performance.now() + 10_000
  for (let n = 0; n < 20; n++) {
    const { id, currency } = queryOf(n)
    const url = `http://127.0.0.1:${port}/catalog/${id}?currency=${currency}`
    let response = await fetch(url).catch(() => undefined)
    while (response?.status !== 200 && performance.now() < deadline) {
      await sleep(50)
      response = await fetch(url).catch(() => undefined)
    }
    const answer: unknown = await response?.json()
    if (!isDeepStrictEqual(answer, getProduct({ id, currency }))) {
      throw new Error(`wrong answer ${response?.status} of ${url}: ${JSON.stringify(answer)}`)
    }
  }
  const product = getProduct(queryOf(0))
  const headers = { 'content-type': 'application/json' }
  const posted = { method: 'POST', headers, body: JSON.stringify(product) }
  const echo: unknown = await (await fetch(`http://127.0.0.1:${port}/catalog`, posted)).json()
  if (!isDeepStrictEqual(echo, product)) throw new Error(`wrong answer to a body: ${JSON.stringify(echo)}`)
}

interface Measured extends Front {
  readonly script: string
}

async function measure(
  { gateway, service, port, script }: Measured,
  { warmUpMs, windowMs }: Settings,
): Promise<Window> {
  const load = (ms: number) =>
    runWrk({
      url: `http://127.0.0.1:${port}`,
      script,
      connections: 64,
      windowMs: ms,
      core: otherCore,
    })
  await load(warmUpMs)
  const read = () => [gateway ? [gateway.pid] : [], [service.pid]].map((pids) => usageOf(pids))
  const before = read()
  const { requests, seconds, errors, p50Us, p99Us } = await load(windowMs)
  if (requests === 0) throw new Error('no request was answered')
  const after = read()
  const per = (index: number): number => ((after[index]?.cpuUs ?? 0) - (before[index]?.cpuUs ?? 0)) / requests
  const figures = {
    requestsPerS: requests / seconds,
    p50Us,
    p99Us,
    cpuUs: per(0) + per(1),
    ...(gateway && { gatewayCpuUs: per(0) }),
    upstreamCpuUs: per(1),
    rssBytes: after.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
  }
  return { figures, errors }
}

function job(startFront: StartFront): Job {
  const run = async (recorder: Recorder, settings: Settings): Promise<void> => {
    const started: Program[] = []
    try {
      const front = await startFront(started)
      await verify(front.port)
      for (const { name, script } of cells)
        await recorder.measure(
          name,
          () => started.map(({ pid }) => pid),
          () => measure({ ...front, script }, settings),
        )
    } finally {
      await Promise.all(started.toReversed().map((program) => program.stop()))
    }
  }
  return { cells: cells.map(({ name }) => name), run }
}

function variant(name: string, title: string, startFront: StartFront, more: Partial<Variant> = {}): Variant {
  return { name, title, ...more, needs: ['wrk', ...(more.needs ?? [])], jobs: [job(startFront)] }
}

export const gatewaySuite: Suite = {
  name: 'gateway',
  method: [
    'The gateway alone on one core; the service behind it and wrk share the other. 64 connections, kept alive, GET of a product of about 300 bytes; each connection waits for its answer before its next request; then POST of such a product, which Holon’s service checks and the upstream parses, and both answer. wrk does not correct for coordinated omission: latencies are those of a saturated gateway.',
    'Holon: the gateway on Fastify with everything that it always does (routes from the contract, coercion and checks of the input, security headers, deadline, trace), and a service that validates input and output with Zod, behind a Unix socket. The route needs no token.',
    'The others pass the request on over HTTP to a node:http server that answers the same bytes; it parses bodies, and checks nothing.',
    'CPU per request is that of gateway and service together, over the window.',
  ],
  notMeasured: [
    'TLS, HTTP/2, compression, tokens.',
    'Gateways with more than one process: of two cores, the load and the service need the second one.',
    'Latency below saturation.',
  ],
  cells: cells.map(({ name, title }) => ({ name, title })),
  variants: [
    variant('direct', 'node:http upstream, no gateway', startDirect, { note: 'the upstream has a core to itself' }),
    variant('holon', 'Holon gateway, Holon service', startHolon, { note: 'validates input and output with Zod' }),
    variant('node-undici', 'node:http + undici dispatch', nodeProxy('node-undici'), { note: 'passes bytes on' }),
    variant('fastify-http-proxy', '@fastify/http-proxy', nodeProxy('fastify-http-proxy'), { note: 'passes bytes on' }),
    variant('nginx', 'nginx', foreignProxy('nginx', nginxArguments), { note: 'passes bytes on', needs: ['nginx'] }),
    variant('haproxy', 'HAProxy', foreignProxy('haproxy', haproxyArguments), {
      note: 'passes bytes on',
      needs: ['haproxy'],
    }),
  ],
  versions: () => versionsOf(['zod', 'fastify', '@fastify/http-proxy', 'undici'], ['wrk', 'nginx', 'haproxy']),
}
