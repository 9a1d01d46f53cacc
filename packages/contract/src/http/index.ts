/**
 * How operations are mapped to HTTP: what the gateway and its clients share.
 *
 * @module
 */
export { type FieldReader, fieldReader } from './field-reader.ts'
export { type HttpMapping, httpMapping, type MappedOperation } from './http-mapping.ts'
export type { FieldPlace, InputPlaces } from './input-places.ts'
export { shapeReader, type TextReader } from '../schema/shape-reader.ts'
