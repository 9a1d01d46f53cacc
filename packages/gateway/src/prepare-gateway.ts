import type { Observer, Platform } from '@holon/contract'
import { toOpenApi } from '@holon/contract/openapi'
import { type Invoker, TraceIds } from '@holon/rpc'

import { answerWith } from './answers.ts'
import { createAuthenticator, refuseAllTokens } from './authenticator.ts'
import { serverCloser } from './close-server.ts'
import { createServer } from './create-server.ts'
import type { GatewayDefinition } from './definition/index.ts'
import { addDocsPage } from './docs-page.ts'
import type { EdgeServer } from './edge-server.ts'
import type { Edge } from './edge.ts'
import { addHealthRoutes, type Readiness } from './health-routes.ts'
import { methodsAt, notFoundHandler } from './not-found.ts'
import { addOperationRoutes } from './operation-routes.ts'
import { planRoutes } from './plan-routes.ts'
import { rawAnswer } from './raw-answer.ts'
import { RunningCalls } from './running-calls.ts'
import { securityHeaders } from './security-headers.ts'
import { addStaticFiles, missingDirectories, pageFallback } from './static-files.ts'

/** What a gateway needs wherever it gets its connections from; it reaches for nothing else. */
export interface GatewayParts {
  /** The app's name; titles the API and names the realm of its tokens. */
  readonly app: string
  readonly definition: GatewayDefinition
  /** Makes the calls, under the name `gateway`. */
  readonly invoker: Invoker
  readonly platform: Platform
  readonly observer: Observer
  /** What can be called and what is wrong behind the gateway; asked by `/readyz`, which gives it 5 s. */
  readonly check: () => Promise<Readiness>
}

/** How a gateway comes to its end. */
export interface GatewayEnd {
  /** `/readyz` answers 503 from now on and clients are told to close their connections; requests are still answered. */
  drain(): void
  /**
   * Drains, accepts no more connections, ends streams that have no deadline, and lets requests finish within `graceMs`;
   * what then still runs is cut off. Idempotent.
   */
  close(graceMs: number): Promise<void>
}

/** A gateway with all its routes that has no connections yet. */
export interface PreparedGateway extends GatewayEnd {
  readonly server: EdgeServer
  /** Tells that it can be reached from now on, and where. */
  ready(detail?: string): void
}

const defaultCallTimeoutMs = 10_000

/** @throws DefinitionError naming every mistake in the definition. */
export function prepareGateway(options: GatewayParts): PreparedGateway {
  const { app, definition, invoker, platform, observer } = options
  const { auth, limits, prefix = '' } = definition
  const routes = planRoutes(definition)
  const running = new RunningCalls()
  const edge: Edge = {
    app,
    invoker,
    platform,
    observer,
    authenticate: auth === undefined ? refuseAllTokens : createAuthenticator(auth, invoker, platform),
    traceIds: new TraceIds(platform),
    answerRaw: rawAnswer(securityHeaders()),
    answer: answerWith(securityHeaders(), { running, platform }),
    running,
    callTimeoutMs: limits?.callTimeoutMs ?? defaultCallTimeoutMs,
    streams: new Map(),
  }
  const server = createServer(definition, edge)
  let isDraining = false
  addOperationRoutes(server, routes, edge)
  addHealthRoutes(server, { ...options, isDraining: () => isDraining }, edge)
  addDocsPage(server, openApiOf(app, definition), edge)
  const directories = definition.static ?? []
  addStaticFiles(server, { directories, prefix }, edge)
  const fallback = pageFallback({ directories, prefix }, edge)
  server.setNotFound(notFoundHandler({ methods: methodsAt(routes), fallback }, edge))
  const closeServer = serverCloser(server, edge)
  const tell = (state: 'ready' | 'draining' | 'stopped', detail?: string): void =>
    observer.observe({ kind: 'lifecycle', subject: 'gateway', state, detail })
  const ready = (detail?: string): void => {
    for (const message of missingDirectories(directories)) warn(message, observer)
    tell('ready', detail)
  }
  const drain = (): void => {
    if (isDraining) return
    isDraining = true
    tell('draining')
    server.http.prependListener('request', (_request, response) => {
      response.setHeader('connection', 'close')
    })
  }
  let closing: Promise<void> | undefined
  const close = (graceMs: number): Promise<void> => {
    drain()
    return (closing ??= closeServer(graceMs).then(() => tell('stopped')))
  }
  return { server, ready, drain, close }
}

function openApiOf(app: string, { info, prefix, auth, expose }: GatewayDefinition): ReturnType<typeof toOpenApi> {
  const { title = app, version = '0.0.0', description } = info ?? {}
  return toOpenApi(expose, { title, version, description, prefix, auth: auth !== undefined })
}

function warn(message: string, observer: Observer): void {
  observer.observe({ kind: 'log', service: 'gateway', level: 'warn', message, fields: undefined, call: undefined })
}
