import type { ServiceError } from '@holon/contract'
import type { JsonReply } from '@holon/rpc'
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'

import { type Edge, requestTrace } from './edge.ts'
import { inputOf, originOf } from './operation-request.ts'
import type { PlannedRoute } from './plan-routes.ts'
import { sendProblem } from './problem-replies.ts'
import type { Cancellable } from './running-calls.ts'

/** Bodies below this are sent as they are: compressing them costs more than it saves. */
const compressFromBytes = 2048

/** Answers the requests of an operation that answers with one value. */
export function callHandler(route: PlannedRoute, edge: Edge): RouteHandlerMethod {
  const { operation, mapping } = route
  const timeoutMs = Math.min(operation.compiled.timeoutMs, edge.callTimeoutMs)
  return (request, reply) => {
    const input = inputOf(route, request)
    const answer = new AwaitedAnswer(reply, edge, mapping.status)
    answer.awaitCall(edge.invoker.callForJson(operation, input, originOf(request, timeoutMs, edge), answer))
  }
}

/** A request whose call runs. */
class AwaitedAnswer implements JsonReply {
  readonly #reply: FastifyReply
  readonly #edge: Edge
  readonly #status: number
  #call: Cancellable | undefined = undefined
  #over = false

  constructor(reply: FastifyReply, edge: Edge, status: number) {
    this.#reply = reply
    this.#edge = edge
    this.#status = status
  }

  /** The call is given up when the client is gone before it has its answer. */
  awaitCall(call: Cancellable): void {
    if (this.#over) return
    this.#call = call
    this.#edge.running.add(this.#request.socket, call)
  }

  answered(json: string | Uint8Array | undefined): void {
    this.#end()
    try {
      this.#send(json)
    } catch (error) {
      this.#fail(error)
    }
  }

  failed(error: ServiceError): void {
    this.#end()
    this.#fail(error)
  }

  #mayCompress(): boolean {
    return this.#request.headers['accept-encoding'] !== undefined
  }

  get #request(): FastifyRequest {
    return this.#reply.request
  }

  #end(): void {
    this.#over = true
    if (this.#call) this.#edge.running.remove(this.#request.socket, this.#call)
  }

  #fail(error: unknown): void {
    // An answer that is on its way cannot become another one.
    if (this.#reply.raw.headersSent) this.#reply.raw.destroy()
    else void sendProblem(error, this.#reply, this.#edge)
  }

  /** `json` has been checked by the contract and written by the service: it is passed on as it is. */
  #send(json: string | Uint8Array | undefined): void {
    const reply = this.#reply
    const edge = this.#edge
    const traceId = requestTrace(this.#request, edge).traceId.toString()
    if (json !== undefined && (json.length < compressFromBytes || !this.#mayCompress()))
      return edge.answerRaw(reply, this.#status, traceId, json)
    void reply.header('x-trace-id', traceId)
    if (json === undefined) return void reply.code(this.#status === 200 ? 204 : this.#status).send()
    void reply.code(this.#status).header('content-type', 'application/json; charset=utf-8')
    reply.compress(json)
  }
}
