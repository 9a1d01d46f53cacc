export type { CallContext, CallOptions, Identity, TraceContext } from './call.ts'
export type { Client, ClientMethod, Handler, Handlers, Items } from './client.ts'
export { type Code, codes, type CodeTraits, isCode } from './code.ts'
export { type CompiledOperation, fieldsOf } from './compiled.ts'
export { type CompiledSchema, compileSchema, type Parsed } from './compiled-schema.ts'
export { type Contract, type ContractDefinition, defineContract } from './contract.ts'
export { maxNameLength } from './contract-problems.ts'
export { DefinitionError } from './definition-error.ts'
export {
  fromWireError,
  isServiceError,
  type Issue,
  ServiceError,
  type ServiceErrorOptions,
  toServiceError,
  type WireError,
} from './error.ts'
export { type CompiledEvent, type ContractEvent, event, type EventDefinition } from './event.ts'
export type { EventEnvelope } from './event-envelope.ts'
export { fail, failure, type Failure, type Failures, isFailure } from './failure.ts'
export { canonicalJson, fingerprintOf } from './fingerprint.ts'
export { type CompiledRoute, routeKey } from './http-route.ts'
export { isRecord } from './is-record.ts'
export type { Observation, Observer } from './observer.ts'
export {
  type AuthRequirement,
  command,
  type CommandDefinition,
  type HttpRoute,
  type Operation,
  type OperationDefinition,
  query,
  type QueryDefinition,
  stream,
  type StreamDefinition,
} from './operation.ts'
export { delay, type Platform, type Timer } from './platform.ts'
export {
  annotationKeywords,
  type InputOf,
  isStandardSchema,
  type JsonSchema,
  type OutputOf,
  type Schema,
  type StandardSchema,
} from './schema.ts'
export { unsure } from './structure/checked-copy.ts'
export type { StructuralSchema } from './structure/structural-schema.ts'
export { copyPlain, travelIssue, Untravelable } from './travels.ts'
