import { type Operation, ServiceError } from '@holon/contract'
import findMyWay, { type HTTPMethod, type HTTPVersion, type Instance } from 'find-my-way'

import type { BareAnswers } from './bare-answers.ts'
import type { Edge } from './edge.ts'
import { Exchange } from './exchange.ts'
import { createHttpServer, type Server, type ServerOptions } from './http-server.ts'
import { maxPartLength } from './plan-routes.ts'
import { sendProblem } from './problem-replies.ts'
import { EdgeError } from './problem.ts'
import { readBody } from './read-body.ts'

/** Answers an exchange, now or later. What it throws, or rejects with, becomes the answer. */
export type Handler = (exchange: Exchange) => void | Promise<void>

/** What is answered where. */
export interface EdgeRoute {
  readonly method: HTTPMethod
  /** `/orders/:id`; a last part `*` takes all that follows. */
  readonly path: string
  /** Whether HEAD is answered too, by the same handler: what it sends after the head is not sent then. */
  readonly head: boolean
  readonly operation?: Operation
  /** Whether the body goes on as it came, unread. Default false. */
  readonly passesBody?: boolean
  /** Comes before the body is read. */
  readonly admit?: (exchange: Exchange) => Promise<void>
  readonly handle: Handler
}

export interface EdgeServerOptions {
  readonly http: ServerOptions
  readonly answers: BareAnswers
  readonly bodyBytes: number
  readonly edge: Edge
  /** Comes before everything else; true where it has answered. */
  readonly before: ((exchange: Exchange) => boolean) | undefined
}

/** Methods whose requests have bodies. */
const bodied: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** Node's HTTP server with routes. */
export class EdgeServer {
  readonly http: Server
  readonly #router: Instance<HTTPVersion.V1>
  readonly #options: EdgeServerOptions
  #notFound: Handler = () => undefined

  constructor(options: EdgeServerOptions) {
    this.#options = options
    this.#router = findMyWay({
      maxParamLength: maxPartLength,
      // Operations read their query strings themselves, by their contracts.
      querystringParser: () => ({}),
      onBadUrl: () => {
        const message = 'The path is not valid percent-encoded UTF-8.'
        throw new ServiceError('invalid_argument', message, { mayHaveRun: false })
      },
      onMaxParamLength: () => {
        throw new EdgeError('url_too_long', 'A part of the path is longer than this gateway accepts.')
      },
    })
    const { edge, answers, http } = options
    this.http = createHttpServer(http, { answers, platform: edge.platform }, (request, response) => {
      const exchange = new Exchange(request, response)
      try {
        if (options.before?.(exchange) !== true) this.#answer(exchange)
      } catch (error) {
        this.#fail(exchange, error)
      }
    })
  }

  route(route: EdgeRoute): void {
    const methods: HTTPMethod[] = route.head ? [route.method, 'HEAD'] : [route.method]
    this.#router.on(methods, route.path, () => undefined, route)
  }

  /** Answers what no route answers, before a body is read. */
  setNotFound(handle: Handler): void {
    this.#notFound = handle
  }

  /** As if there were no route. */
  answerNotFound(exchange: Exchange): void {
    this.#handle(this.#notFound, exchange)
  }

  /** Resolves with the URL, which has the real port. */
  async listen(at: { readonly host: string; readonly port: number; readonly reusePort: boolean }): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.http.once('error', reject)
      this.http.listen(at, () => {
        this.http.off('error', reject)
        resolve()
      })
    })
    const listening = this.http.address()
    if (listening === null || typeof listening === 'string') throw new TypeError('It listens on no port.')
    const { address, family, port } = listening
    const isEverywhere = address === '0.0.0.0' || address === '::'
    const host = isEverywhere ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address
    return `http://${host}:${port}`
  }

  /** Takes no more connections. Resolves when the last one is closed; see `serverCloser` for who closes them. */
  close(): Promise<void> {
    return new Promise((resolve) => this.http.close(() => resolve()))
  }

  #answer(exchange: Exchange): void {
    // Of methods that it does not know, the router finds no route.
    const found = this.#router.find(exchange.method as HTTPMethod, exchange.url)
    if (found === null) return this.answerNotFound(exchange)
    // `route` puts it there; what the router itself answers, above, has none.
    const route = found.store as EdgeRoute | null
    if (route === null) return void found.handler(exchange.request, exchange.response, {}, null, {})
    exchange.operation = route.operation
    exchange.params = found.params as Record<string, string> // each part of a path that matched is there
    if (route.admit === undefined) this.#enter(route, exchange)
    else
      route.admit(exchange).then(
        () => {
          // Whoever has left meanwhile wants nothing done any more.
          if (!exchange.isGone) this.#enter(route, exchange)
        },
        (error: unknown) => this.#fail(exchange, error),
      )
  }

  #enter(route: EdgeRoute, exchange: Exchange): void {
    if (!bodied.has(exchange.method)) return this.#handle(route.handle, exchange)
    const { bodyBytes } = this.#options
    readBody(exchange, { bodyBytes, passesBody: route.passesBody === true }, (error, body) => {
      if (error !== undefined) return this.#fail(exchange, error)
      exchange.body = body
      this.#handle(route.handle, exchange)
    })
  }

  #handle(handle: Handler, exchange: Exchange): void {
    try {
      handle(exchange)?.catch((error: unknown) => this.#fail(exchange, error))
    } catch (error) {
      this.#fail(exchange, error)
    }
  }

  #fail(exchange: Exchange, error: unknown): void {
    // An answer that is on its way cannot become another one.
    if (exchange.response.headersSent) exchange.response.destroy()
    else sendProblem(error, exchange, this.#options.edge)
  }
}
