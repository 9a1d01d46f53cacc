import { type Client, type Contract, isServiceError, type Items, type Operation, ServiceError } from '@holon/contract'

import { definitionOf, type Fake, type Handler } from './fake.ts'
import {
  pathOf,
  type RecordedAnswer,
  type RecordedCall,
  type RecordedError,
  type RecordingFile,
  writeRecording,
} from './recording.ts'

/**
 * Stands for a service, hands each call on to the real one by `client`, and writes calls and answers to `file` when the test
 * app is closed; `replay` answers from it. What says nothing of the service (`unavailable`, `deadline_exceeded`,
 * `cancelled`) is handed on and not recorded. The file holds what was sent and answered, in clear: record with data that
 * may be read.
 *
 * @example
 * await using real = await startGroup(app, { group: 'payments' })
 * const recorded = record(payments, 'payments.json', real.client(payments))
 * await using test = await startTestApp([ordersService], { fakes: [recorded] })
 */
export function record<C extends Contract>(contract: C, file: RecordingFile, client: Client<C>): Fake {
  const calls: RecordedCall[] = []
  // One method for each operation, as its types say.
  const methods = client as unknown as Readonly<Record<string, (...args: unknown[]) => unknown>>
  const handlerOf = (name: string): Handler => {
    const operation = contract.operations[name]
    const method = methods[name]
    if (operation === undefined || method === undefined) throw new TypeError(`The client has no operation '${name}'.`)
    return operation.compiled.serverStream === undefined
      ? recordedValue(operation, method, calls)
      : recordedItems(operation, method, calls)
  }
  const stop = (): Promise<void> => writeRecording(pathOf(file), { contract: contract.name, calls })
  return { contract, definition: definitionOf(contract, handlerOf, stop) }
}

type Method = (...args: unknown[]) => unknown

function recordedValue(operation: Operation, method: Method, calls: RecordedCall[]): Handler {
  return async (input, ctx, items) => {
    const sent = items && (await Array.fromAsync(items))
    const note = (answer: RecordedAnswer): void => noteCall(calls, operation, { input, sent, answer })
    try {
      const output = await method(input, ...(sent ? [sent] : []), { signal: ctx.signal })
      note(output === undefined ? {} : { output })
      return output
    } catch (error) {
      const told = toRecorded(error)
      if (told) note({ error: told })
      throw asOwn(error, operation)
    }
  }
}

function recordedItems(operation: Operation, method: Method, calls: RecordedCall[]): Handler {
  return async function* (input, ctx, items) {
    const sent = items && (await Array.fromAsync(items))
    const given: unknown[] = []
    let error: RecordedError | undefined
    try {
      // Only operations that stream come here, and their methods answer with items.
      const answers = method(input, ...(sent ? [sent] : []), { signal: ctx.signal }) as Items<unknown>
      for await (const item of answers) {
        given.push(item)
        yield item
      }
    } catch (thrown) {
      error = toRecorded(thrown)
      throw asOwn(thrown, operation)
    } finally {
      noteCall(calls, operation, { input, sent, answer: { items: given, ...(error && { error }) } })
    }
  }
}

function noteCall(
  calls: RecordedCall[],
  { name }: Operation,
  { input, sent, answer }: { input: unknown; sent: readonly unknown[] | undefined; answer: RecordedAnswer },
): void {
  calls.push({ operation: name, ...(input !== undefined && { input }), ...(sent && { sent }), answer })
}

/** What was in the way, and is no answer of the service. */
const passing: readonly string[] = ['unavailable', 'deadline_exceeded', 'cancelled']

function toRecorded(error: unknown): RecordedError | undefined {
  if (!isServiceError(error) || passing.includes(error.code)) return undefined
  const { code, message, failure } = error
  return { code, message, ...(failure && { failure: { name: failure.name, data: failure.data } }) }
}

/** A client of another app, or one over HTTP, may say otherwise where a failure comes from. */
function asOwn(error: unknown, { id }: Operation): unknown {
  if (!isServiceError(error) || error.failure === undefined) return error
  const { name, data } = error.failure
  return new ServiceError(error.code, error.message, { failure: { name, data, origin: id }, cause: error })
}
