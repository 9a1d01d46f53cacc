/**
 * The OpenAPI document of contracts, as `holon openapi` writes it and the gateway serves it.
 *
 * @module
 */
export { type OpenApiExposure, type OpenApiInfo, toOpenApi } from '@holon/contract/openapi'
