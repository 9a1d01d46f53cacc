import { canonicalJson, type Contract, type Operation, ServiceError } from '@holon/contract'

import { definitionOf, type Fake, type Handler } from './fake.ts'
import {
  pathOf,
  readRecording,
  type RecordedAnswer,
  type RecordedCall,
  type RecordedError,
  type RecordingFile,
} from './recording.ts'

/**
 * Stands for a service with the answers that `record` has written to `file`: the same input gets the same answer, or, if it
 * was recorded several times, its answers in order and then the last one again. A call that was not recorded fails the test.
 *
 * @throws DefinitionError if the file cannot be read, or if what is in it is not as the contract says today.
 */
export function replay(contract: Contract, file: RecordingFile): Fake {
  const path = pathOf(file)
  const { calls } = readRecording(path, contract)
  const answers = Map.groupBy(calls, keyOf)
  const handlerOf = (name: string): Handler => {
    const operation = contract.operations[name]
    if (operation === undefined) throw new TypeError(`The contract has no operation '${name}'.`)
    const next = (input: unknown, sent: readonly unknown[] | undefined): RecordedAnswer => {
      const recorded = answers.get(keyOf({ operation: name, input, ...(sent && { sent }) }))
      const [first] = recorded ?? []
      if (recorded === undefined || first === undefined) throw notRecorded(path, name, input, calls)
      if (recorded.length > 1) recorded.shift()
      return first.answer
    }
    return operation.compiled.serverStream === undefined
      ? async (input, _ctx, items) => valueOf(operation, next(input, items && (await Array.fromAsync(items))))
      : async function* (input, _ctx, items) {
          const answer = next(input, items && (await Array.fromAsync(items)))
          if ('items' in answer) yield* answer.items
          if ('error' in answer && answer.error) throw toError(operation, answer.error)
        }
  }
  return { contract, definition: definitionOf(contract, handlerOf) }
}

function valueOf(operation: Operation, answer: RecordedAnswer): unknown {
  if ('error' in answer && answer.error) throw toError(operation, answer.error)
  return 'output' in answer ? answer.output : undefined
}

function toError({ id }: Operation, { code, message, failure }: RecordedError): ServiceError {
  return new ServiceError(code, message, {
    ...(failure && { failure: { name: failure.name, data: failure.data, origin: id } }),
  })
}

function keyOf({ operation, input, sent }: Omit<RecordedCall, 'answer'>): string {
  return `${operation} ${canonicalJson([input ?? null, sent ?? null])}`
}

const mostShown = 10

function notRecorded(file: string, name: string, input: unknown, calls: readonly RecordedCall[]): Error {
  const inputs = calls.filter(({ operation }) => operation === name).map((call) => JSON.stringify(call.input))
  const shown = inputs.slice(0, mostShown).join(', ')
  const more = inputs.length > mostShown ? `, and ${inputs.length - mostShown} more` : ''
  const known = inputs.length === 0 ? `no call of ${name}` : `${name} with ${shown}${more}`
  return new Error(`${file} has no answer to ${JSON.stringify(input)}: it has ${known}. Record it again with record().`)
}
