import type { CompiledSchema, Operation } from '@holon/contract'

import { openEncoding } from '../wire/payload.ts'
import { type Codec, compileCodec } from './codec.ts'
import type { Extras } from './layout.ts'

/** The parts of an operation that travel. */
export type Part = 'input' | 'output' | 'clientStream' | 'serverStream'

type Codecs = { readonly [P in Part]: Codec | undefined }

/** The compiled codecs of the operations that this instance calls or answers, each made when it is first needed. */
export class OperationCodecs {
  readonly #codecs = new Map<Operation, Codecs>()
  readonly #enabled: boolean

  /** `enabled: false` sends everything in the self-describing encoding: for tests, and to find out who is to blame. */
  constructor(enabled = true) {
    this.#enabled = enabled
  }

  /** The codec of a part; undefined where there is no schema, or codecs are off. */
  get(operation: Operation, part: Part): Codec | undefined {
    return this.#enabled ? (this.#codecs.get(operation) ?? this.#compile(operation))[part] : undefined
  }

  #compile(operation: Operation): Codecs {
    const { input, output, clientStream, serverStream } = operation.compiled
    const codecs: Codecs = {
      // The receiver validates what callers send, so what its schema drops need not travel …
      input: input && compile(input, 'inputJson'),
      clientStream: clientStream && compile(clientStream, 'inputJson'),
      // … while what services send has been validated before.
      output: output && compile(output, 'outputJson'),
      serverStream: serverStream && compile(serverStream, 'outputJson'),
    }
    this.#codecs.set(operation, codecs)
    return codecs
  }
}

function compile(schema: CompiledSchema, side: 'inputJson' | 'outputJson'): Codec {
  const extras: Extras = !schema.dropsExtras ? 'kept' : side === 'inputJson' ? 'dropped' : 'absent'
  // Only where JSON Schema shows all that the schema demands.
  const checkedByDecoding = schema.structural?.checkedByDecoding === true
  return compileCodec(schema[side], extras, { openEncoding, checkedByDecoding })
}
