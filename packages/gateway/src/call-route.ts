import type { ServiceError } from '@holon/contract'
import type { JsonReply } from '@holon/rpc'

import { compressed } from './compress.ts'
import type { Handler } from './edge-server.ts'
import type { Edge } from './edge.ts'
import type { Exchange } from './exchange.ts'
import { inputOf, originOf } from './operation-request.ts'
import type { PlannedRoute } from './plan-routes.ts'
import { sendProblem } from './problem-replies.ts'
import type { Cancellable } from './running-calls.ts'

/** Bodies below this are sent as they are: compressing them costs more than it saves. */
const compressFromBytes = 2048

/** Answers the requests of an operation that answers with one value. */
export function callHandler(route: PlannedRoute, edge: Edge): Handler {
  const { operation, mapping } = route
  const timeoutMs = Math.min(operation.compiled.timeoutMs, edge.callTimeoutMs)
  return (exchange) => {
    const input = inputOf(route, exchange)
    const answer = new AwaitedAnswer(exchange, edge, mapping.status)
    answer.awaitCall(edge.invoker.callForJson(operation, input, originOf(exchange, timeoutMs, edge), answer))
  }
}

/** A request whose call runs. */
class AwaitedAnswer implements JsonReply {
  readonly #exchange: Exchange
  readonly #edge: Edge
  readonly #status: number
  #call: Cancellable | undefined = undefined
  #over = false

  constructor(exchange: Exchange, edge: Edge, status: number) {
    this.#exchange = exchange
    this.#edge = edge
    this.#status = status
  }

  /** The call is given up when the client is gone before it has its answer. */
  awaitCall(call: Cancellable): void {
    if (this.#over) return
    this.#call = call
    this.#edge.running.add(this.#exchange.socket, call)
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
    return this.#exchange.headers['accept-encoding'] !== undefined
  }

  #end(): void {
    this.#over = true
    if (this.#call) this.#edge.running.remove(this.#exchange.socket, this.#call)
  }

  #fail(error: unknown): void {
    // An answer that is on its way cannot become another one.
    if (this.#exchange.response.headersSent) this.#exchange.response.destroy()
    else sendProblem(error, this.#exchange, this.#edge)
  }

  /** `json` has been checked by the contract and written by the service: it is passed on as it is. */
  #send(json: string | Uint8Array | undefined): void {
    const exchange = this.#exchange
    const edge = this.#edge
    const traceId = exchange.traceIn(edge.traceIds).traceId.toString()
    if (json !== undefined && (json.length < compressFromBytes || !this.#mayCompress()))
      return edge.answerRaw(exchange, this.#status, traceId, json)
    const headers = { 'x-trace-id': traceId }
    if (json === undefined) return edge.answer(exchange, { status: this.#status === 200 ? 204 : this.#status, headers })
    const type = { 'content-type': 'application/json; charset=utf-8' }
    edge.answer(exchange, compressed(exchange, { status: this.#status, headers: { ...headers, ...type }, body: json }))
  }
}
