export type { CallContext, CallOptions, Identity, TraceContext } from './kernel/call.ts'
export type { Client, ClientMethod, Handler, Handlers, Items } from './definition/client.ts'
export { type Code, codes, type CodeTraits, isCode } from './kernel/code.ts'
export { type CompiledOperation, fieldsOf } from './definition/compiled.ts'
export { type CompiledSchema, compileSchema, type Parsed } from './schema/compiled-schema.ts'
export { type Contract, type ContractDefinition, defineContract } from './definition/contract.ts'
export { DefinitionError } from './kernel/definition-error.ts'
export {
  codeOf,
  fromWireError,
  isServerFull,
  isServiceError,
  type Issue,
  serverFull,
  ServiceError,
  type ServiceErrorOptions,
  toServiceError,
  type WireError,
} from './kernel/error.ts'
export {
  type CompiledEvent,
  type ContractEvent,
  event,
  type EventData,
  type EventDefinition,
  type EventInput,
} from './definition/event.ts'
export type { EventEnvelope } from './definition/event-envelope.ts'
export { fail, failure, type Failure, type Failures, isFailure } from './definition/failure.ts'
export { causesOf, headlineOf, messageOf, stackOf, toldError, toldFields } from './kernel/foreign/foreign-text.ts'
export { fieldOf, isInstance } from './kernel/foreign/is-instance.ts'
export type { ToldError } from './kernel/foreign/telling.ts'
export { canonicalJson, fingerprintOf } from './kernel/fingerprint.ts'
export { type CompiledRoute, routeKey } from './http/http-route.ts'
export { isRecord } from './kernel/is-record.ts'
export { isInherited, serviceNameProblem, subscriptionNameProblem } from './kernel/names.ts'
export type { Observation, Observer } from './kernel/observer.ts'
export {
  type AuthRequirement,
  command,
  type CommandDefinition,
  type HttpRoute,
  type Operation,
  type OperationDefinition,
  query,
  type QueryDefinition,
  type RouteDefinition,
  stream,
  type StreamDefinition,
} from './definition/operation.ts'
export * from './platform.ts'
export {
  annotationKeywords,
  type InputOf,
  isStandardSchema,
  type JsonSchema,
  type OutputOf,
  type Schema,
  type StandardSchema,
} from './schema/schema.ts'
export { type SchemaField, schemaFields, type SchemaFields } from './schema/schema-fields.ts'
export type { TextReader } from './schema/shape-reader.ts'
export { textReader } from './schema/text-reader.ts'
export { unsure } from './schema/structure/checked-copy.ts'
export type { StructuralSchema } from './schema/structure/structural-schema.ts'
export { copyPlain, travelIssue, Untravelable } from './schema/travels.ts'
