import { defineApp } from '@holon/app'
import { command, defineContract, DefinitionError, query, stream } from '@holon/contract'

import { CommandFailure, exitCodes } from '../exit-code.ts'

export type OperationKind = 'query' | 'command' | 'stream'

/** Names that the generated code uses itself, and words of the language: no variable can be called so. */
const unfit = new Set([
  ...[
    'defineApp',
    'defineContract',
    'defineService',
    'query',
    'command',
    'stream',
    'event',
    'failure',
    'expose',
    'fail',
    'z',
  ],
  ...[
    'test',
    'assert',
    'app',
    'config',
    'sqlite',
    'postgres',
    'startTestApp',
    't',
    'tx',
    'on',
    'store',
    'lines',
    'arguments',
    'await',
    'break',
    'case',
    'catch',
  ],
  ...[
    'class',
    'const',
    'continue',
    'debugger',
    'default',
    'delete',
    'do',
    'else',
    'enum',
    'eval',
    'export',
    'extends',
    'false',
  ],
  ...[
    'finally',
    'for',
    'function',
    'if',
    'implements',
    'import',
    'in',
    'instanceof',
    'interface',
    'let',
    'new',
    'null',
  ],
  ...[
    'package',
    'private',
    'protected',
    'public',
    'return',
    'static',
    'super',
    'switch',
    'this',
    'throw',
    'true',
    'try',
  ],
  ...['typeof', 'undefined', 'var', 'void', 'while', 'with', 'yield'],
])

/** `payment-provider` → `paymentProvider`: what a service's contract is called in code. */
export function contractNameOf(service: string): string {
  const name = service.replaceAll(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  return unfit.has(name) ? `${name}Contract` : name
}

/** `payment-provider` → `PaymentProvider`. */
export function typeNameOf(service: string): string {
  const name = contractNameOf(service).replace(/Contract$/, '')
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`
}

/** @throws CommandFailure for a name that no service can have, and for one that is taken. */
export function checkServiceName(name: string, taken: readonly string[]): void {
  if (taken.includes(name))
    throw new CommandFailure(exitCodes.usage, `The app has '${name}' already. Choose another name.`)
  refuse(() => defineApp({ name: 'app', services: { [name]: () => Promise.reject(new Error(name)) } }))
}

export interface NewOperation {
  readonly service: string
  readonly name: string
  readonly kind: OperationKind
  readonly route: string | undefined
}

/** @throws CommandFailure for an operation that no contract can have. */
export function checkOperation({ service, name, kind, route }: NewOperation): void {
  const fields = pathFields(route)
  const input = fields.length === 0 ? {} : { input: objectSchema(fields) }
  const shared = { ...input, ...(route !== undefined && { http: route as `GET /${string}` }) }
  const make = { query, command, stream: (options: object) => stream({ ...options, serverStream: objectSchema([]) }) }
  refuse(() => defineContract(service, { operations: { [name]: make[kind](shared) } }))
}

/** @throws CommandFailure for an event that no contract can have. */
export function checkEvent({
  service,
  name,
  key,
}: {
  readonly service: string
  readonly name: string
  readonly key: string
}): void {
  refuse(() => defineContract(service, { events: { [name]: { kind: 'event', key, data: objectSchema([key]) } } }))
}

/** The fields that a route names in braces. */
export function pathFields(route: string | undefined): readonly string[] {
  return [...(route ?? '').matchAll(/\{([A-Za-z]\w*)\}/g)].map((match) => match[1] ?? '')
}

function objectSchema(fields: readonly string[]): Record<string, unknown> {
  const properties = Object.fromEntries(fields.map((field) => [field, { type: 'string' }]))
  return { type: 'object', properties, required: [...fields], additionalProperties: false }
}

function refuse(define: () => unknown): void {
  try {
    define()
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error
    throw new CommandFailure(exitCodes.usage, `${error.problems.join('\n')}\nNothing was changed.`)
  }
}
