import { isRecord, type Observer, type Platform } from '@holon/contract'
import { toOpenApi } from '@holon/contract/openapi'
import { type Invoker, TraceIds } from '@holon/rpc'
import type { FastifyInstance } from 'fastify'

import { createAuthenticator, refuseAllTokens } from './authenticator.ts'
import { serverCloser } from './close-server.ts'
import { createServer } from './create-server.ts'
import type { GatewayDefinition } from './definition/index.ts'
import { addDocsPage } from './docs-page.ts'
import type { Edge } from './edge.ts'
import { addHealthRoutes, type Readiness } from './health-routes.ts'
import { addNotFound, methodsAt } from './not-found.ts'
import { addOperationRoutes } from './operation-routes.ts'
import { planRoutes } from './plan-routes.ts'
import { rawAnswer } from './raw-answer.ts'
import { RunningCalls } from './running-calls.ts'
import { securityHeaders } from './security-headers.ts'
import { addStaticFiles, missingDirectories, pageFallback } from './static-files.ts'

/** What {@link startGateway} needs; it reaches for nothing else. */
export interface GatewayOptions {
  /** The app's name; titles the API and names the realm of its tokens. */
  readonly app: string
  readonly definition: GatewayDefinition
  /** Makes the calls, under the name `gateway`. */
  readonly invoker: Invoker
  readonly platform: Platform
  readonly observer: Observer
  /** Default: `127.0.0.1`. An edge that others reach listens on `0.0.0.0`. */
  readonly host?: string
  /** 0 chooses a free port. */
  readonly port: number
  /**
   * Lets several processes listen on the same port, among which the system spreads connections (`SO_REUSEPORT`, Linux).
   * Default false: a taken port is an error.
   */
  readonly reusePort?: boolean
  /** What can be called and what is wrong behind the gateway; asked by `/readyz`, which gives it 5 s. */
  readonly check: () => Promise<Readiness>
}

/** A running gateway. */
export interface Gateway {
  /** Where it listens, with the real port: `http://127.0.0.1:8080`. */
  readonly url: string
  /** `/readyz` answers 503 from now on and clients are told to close their connections; requests are still answered. */
  drain(): void
  /**
   * Drains, accepts no more connections, ends streams that have no deadline, and lets requests finish within `graceMs`;
   * what then still runs is cut off. Idempotent.
   */
  close(graceMs: number): Promise<void>
}

const defaultCallTimeoutMs = 10_000

/**
 * Starts the HTTP edge of an app.
 *
 * @throws DefinitionError naming every mistake in the definition.
 * @throws Error where the port is taken; it says what to do.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { app, definition, invoker, platform, observer, host = '127.0.0.1', port, reusePort = false } = options
  const { auth, cors, limits, prefix = '' } = definition
  const routes = planRoutes(definition)
  const edge: Edge = {
    app,
    invoker,
    platform,
    observer,
    authenticate: auth === undefined ? refuseAllTokens : createAuthenticator(auth, invoker, platform),
    traceIds: new TraceIds(platform),
    answerRaw: rawAnswer(securityHeaders(), cors !== undefined),
    running: new RunningCalls(),
    callTimeoutMs: limits?.callTimeoutMs ?? defaultCallTimeoutMs,
    streams: new Map(),
  }
  const server = await createServer(definition, edge)
  let isDraining = false
  addOperationRoutes(server, routes, edge)
  addHealthRoutes(server, { ...options, isDraining: () => isDraining })
  await addDocsPage(server, openApiOf(app, definition))
  const directories = definition.static ?? []
  await addStaticFiles(server, directories, prefix)
  const notFound = { methods: methodsAt(routes), fallback: pageFallback(directories, prefix) }
  await addNotFound(server, notFound, edge)
  const closeServer = serverCloser(server, edge)
  const url = await listen(server, { host, port, reusePort })
  const tell = (state: 'ready' | 'draining' | 'stopped', detail?: string): void =>
    observer.observe({ kind: 'lifecycle', subject: 'gateway', state, detail })
  for (const message of missingDirectories(directories)) warn(message, observer)
  tell('ready', url)
  const drain = (): void => {
    if (isDraining) return
    isDraining = true
    tell('draining')
    server.server.prependListener('request', (_request, response) => {
      response.setHeader('connection', 'close')
    })
  }
  let closing: Promise<void> | undefined
  const close = (graceMs: number): Promise<void> => {
    drain()
    return (closing ??= closeServer(graceMs).then(() => tell('stopped')))
  }
  return { url, drain, close }
}

function openApiOf(app: string, { info, prefix, auth, expose }: GatewayDefinition): ReturnType<typeof toOpenApi> {
  const { title = app, version = '0.0.0', description } = info ?? {}
  return toOpenApi(expose, { title, version, description, prefix, auth: auth !== undefined })
}

function warn(message: string, observer: Observer): void {
  observer.observe({ kind: 'log', service: 'gateway', level: 'warn', message, fields: undefined, call: undefined })
}

interface ListenAt {
  readonly host: string
  readonly port: number
  readonly reusePort: boolean
}

async function listen(server: FastifyInstance, at: ListenAt): Promise<string> {
  const { host, port } = at
  try {
    // Fastify hands what it does not know on to Node, but its types do not say so.
    return await server.listen(at)
  } catch (error) {
    await server.close()
    const code = isRecord(error) ? error['code'] : undefined
    const remedy = 'Choose another with --port or the environment variable PORT.'
    if (code === 'EADDRINUSE') throw new Error(`Port ${port} on ${host} is taken. ${remedy}`, { cause: error })
    if (code === 'EACCES')
      throw new Error(`Port ${port} needs rights that this process does not have. ${remedy}`, { cause: error })
    throw error
  }
}
