import { readFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

import {
  type Code,
  type Contract,
  DefinitionError,
  isRecord,
  messageOf,
  type Operation,
  type Parsed,
} from '@holon/contract'

/** One call as it was answered by a real service. */
export interface RecordedCall {
  readonly operation: string
  readonly input?: unknown
  /** What the caller sent, for an operation that takes items. */
  readonly sent?: readonly unknown[]
  readonly answer: RecordedAnswer
}

/** What came: a value (none: the operation answers with nothing), items, or an error. */
export type RecordedAnswer =
  | { readonly output?: unknown }
  | { readonly items: readonly unknown[]; readonly error?: RecordedError }
  | { readonly error: RecordedError }

/** An error that is the service's own answer. */
export interface RecordedError {
  readonly code: Code
  readonly message: string
  readonly failure?: { readonly name: string; readonly data?: unknown }
}

/** What a file holds. */
export interface Recording {
  readonly contract: string
  readonly calls: readonly RecordedCall[]
}

/** Where a recording is: a path, or `new URL('./payments.json', import.meta.url)`. */
export type RecordingFile = string | URL

export function pathOf(file: RecordingFile): string {
  return typeof file === 'string' ? file : fileURLToPath(file)
}

/** Writes a recording as a whole, in a form that shows well in a comparison of versions. */
export async function writeRecording(file: string, recording: Recording): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.new`, `${JSON.stringify(recording, undefined, 2)}\n`)
  await rename(`${file}.new`, file)
}

/**
 * Reads a recording.
 *
 * @throws DefinitionError naming everything in it that is not as the contract says today.
 */
export function readRecording(file: string, contract: Contract): Recording {
  const recording = parseFile(file)
  if (recording.contract !== contract.name)
    throw new DefinitionError(file, [`it is a recording of '${recording.contract}', not of '${contract.name}'`])
  const problems = recording.calls.flatMap((call, index) => {
    const operation = Object.hasOwn(contract.operations, call.operation)
      ? contract.operations[call.operation]
      : undefined
    const found = operation === undefined ? ['the contract has no such operation'] : callProblems(operation, call)
    return found.map((problem) => `call ${index + 1}, ${call.operation}: ${problem}`)
  })
  if (problems.length === 0) return recording
  throw new DefinitionError(`The recording ${file} does not match the contract '${contract.name}' any more`, [
    ...problems,
    'record it again with record()',
  ])
}

function parseFile(file: string): Recording {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    // What else is in it is looked at with the contract at hand.
    if (isRecord(value) && Array.isArray(value['calls'])) return value as unknown as Recording
    throw new TypeError("it has no 'calls'")
  } catch (error) {
    throw new DefinitionError(`The recording ${file}`, [`cannot be read (${messageOf(error)}); make it with record()`])
  }
}

function callProblems({ compiled }: Operation, { answer }: RecordedCall): readonly string[] {
  const problems: string[] = []
  if ('items' in answer)
    for (const item of answer.items) problems.push(...issuesOf('an item', compiled.serverStream?.parse(item)))
  if ('error' in answer && answer.error) problems.push(...errorProblems(compiled.failures, answer.error))
  if (!('items' in answer) && !('error' in answer))
    problems.push(...issuesOf('the answer', compiled.output?.parse(answer.output)))
  return problems
}

function errorProblems(failures: Operation['compiled']['failures'], { failure }: RecordedError): readonly string[] {
  if (failure === undefined) return []
  if (!Object.hasOwn(failures, failure.name)) return [`the failure '${failure.name}' is not declared any more`]
  return issuesOf(`the failure '${failure.name}'`, failures[failure.name]?.parse(failure.data))
}

/** A schema that checks asynchronously is left to the call itself. */
function issuesOf(what: string, parsed: Parsed | Promise<Parsed> | undefined): readonly string[] {
  if (parsed === undefined || parsed instanceof Promise) return []
  return (parsed.issues ?? []).map(({ path, message }) => `${[what, ...path].join('.')}: ${message}`)
}
