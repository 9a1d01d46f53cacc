import { type AppDefinition, defineApp, defineService, type ServiceDefinition } from '@holon/app'
import {
  type Code,
  command,
  type Contract,
  defineContract,
  failure,
  type OperationDefinition,
  query,
  stream,
} from '@holon/contract'

import { createHandler, createRelay } from './handlers.ts'
import type { Journal } from './journal.ts'
import { type Library, type SchemaSpec, toSchema } from './schema-spec.ts'
import type { Script } from './script.ts'

/** The kinds of operations: one answer; items down, up, or both ways. */
export type OperationKind = 'query' | 'command' | 'down' | 'up' | 'both'

/** An operation as plain data. */
export interface OperationSpec {
  readonly name: string
  readonly kind: OperationKind
  readonly library: Library
  readonly input: SchemaSpec | undefined
  /** Of the answer, or of each item that comes down. */
  readonly output: SchemaSpec | undefined
  /** Of each item that goes up. */
  readonly items: SchemaSpec
  readonly failure: { readonly code: Code; readonly data: SchemaSpec | undefined }
}

/** The chain of services: each relays to the next, and the last one follows the script. */
export const chain = ['outer', 'front', 'back'] as const
export type Link = (typeof chain)[number]

function toDefinition(spec: OperationSpec): OperationDefinition {
  const schema = (part: SchemaSpec | undefined): ReturnType<typeof toSchema> | undefined =>
    part && toSchema(part, spec.library)
  const shared = {
    ...(spec.input && { input: schema(spec.input) }),
    errors: { refused: failure(spec.failure.code, schema(spec.failure.data)) },
  }
  const output = spec.output && { output: schema(spec.output) }
  const clientStream = toSchema(spec.items, spec.library)
  const serverStream = toSchema(spec.output ?? { kind: 'anything' }, spec.library)
  switch (spec.kind) {
    case 'query':
      return query({ ...shared, ...output })
    case 'command':
      return command({ ...shared, ...output })
    case 'down':
      return stream({ ...shared, serverStream })
    case 'up':
      return stream({ ...shared, ...output, clientStream })
    case 'both':
      return stream({ ...shared, clientStream, serverStream })
  }
}

/** What a process needs to run some of the chain. */
export interface PlacementApp {
  readonly app: AppDefinition
  readonly contracts: Readonly<Record<Link, Contract>>
}

/** Builds contracts and services from descriptions; equal in every process that is given the same ones. */
export function createPlacementApp(
  operations: readonly OperationSpec[],
  scripts: ReadonlyMap<string, Script>,
  journal: Journal,
): PlacementApp {
  const contractOf = (name: Link): Contract =>
    defineContract(name, { operations: Object.fromEntries(operations.map((spec) => [spec.name, toDefinition(spec)])) })
  const contracts = { outer: contractOf('outer'), front: contractOf('front'), back: contractOf('back') }
  const parts = { scripts, journal }
  const back = defineService(contracts.back, {
    operations: Object.fromEntries(operations.map((spec) => [spec.name, createHandler(spec, contracts.back, parts)])),
  })
  const relay = (name: 'outer' | 'front', next: Link): ServiceDefinition =>
    defineService(contracts[name], {
      uses: { next: contracts[next] },
      operations: Object.fromEntries(operations.map((spec) => [spec.name, createRelay(spec, name, parts)])),
    })
  const services = { back, front: relay('front', 'back'), outer: relay('outer', 'front') }
  const loaders = Object.fromEntries(
    Object.entries(services).map(([name, service]) => [name, () => Promise.resolve({ default: service })]),
  )
  return { app: defineApp({ name: 'placement', services: loaders }), contracts }
}
