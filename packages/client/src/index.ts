/**
 * A typed HTTP client made from a contract, for browsers, Node and React Native.
 *
 * @module
 */
export { isServiceError, ServiceError } from '@holon/contract/error'
export { isFailure } from '@holon/contract/failure'
export type { ClientOptions, RequestOptions, TokenSource } from './client-options.ts'
export { createClient } from './create-client.ts'
export type { Fetch, FetchInit, FetchResponse } from './fetch.ts'
export type { HttpClient } from './http-client.ts'
export { HttpError, type HttpErrorOptions } from './http-error.ts'
export type { LightContract, LightOperation, OutputSchema } from './light-contract.ts'
