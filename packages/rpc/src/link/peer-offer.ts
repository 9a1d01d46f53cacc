import type { Operation } from '@holon/contract'

import type { Codec } from '../codec/codec.ts'
import type { OperationCodecs, Part } from '../codec/operation-codecs.ts'
import type { Welcome } from './handshake.ts'

/** How a link carries an operation. */
export interface Carried {
  /** Its number in the peer's list. */
  readonly number: number
  /** Whether the peer's contract of it equals this side's: then values go compiled, and need no second check. */
  readonly agrees: boolean
  readonly input: Codec | undefined
  readonly answer: Codec | undefined
}

/** The operations that the peer of a link answers, and how each is carried; empty before the handshake. */
export class PeerOffer {
  readonly #codecs: OperationCodecs
  /** By `service.operation`. */
  readonly #offered = new Map<string, { readonly number: number; readonly fingerprint: string }>()
  readonly #carried = new Map<Operation, Carried>()

  constructor(codecs: OperationCodecs) {
    this.#codecs = codecs
  }

  /** What the peer has said in the handshake. */
  set(operations: Welcome['operations']): void {
    operations.forEach(({ id, fingerprint }, number) => this.#offered.set(id, { number, fingerprint }))
  }

  /** How the operation is carried; undefined where the peer does not answer it. */
  carried(operation: Operation): Carried | undefined {
    return this.#carried.get(operation) ?? this.#carry(operation)
  }

  #carry(operation: Operation): Carried | undefined {
    const offered = this.#offered.get(operation.id)
    if (offered === undefined) return undefined
    const agrees = offered.fingerprint === operation.compiled.fingerprint
    const codec = (part: Part): Codec | undefined => (agrees ? this.#codecs.get(operation, part) : undefined)
    const answer = operation.compiled.serverStream === undefined ? codec('output') : codec('serverStream')
    const carried: Carried = { number: offered.number, agrees, input: codec('input'), answer }
    this.#carried.set(operation, carried)
    return carried
  }
}
