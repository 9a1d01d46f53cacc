import type { Contract } from '../definition/contract.ts'
import type { JsonSchema } from '../schema/schema.ts'
import { operationObject } from './openapi/operation-object.ts'
import { problemSchema, sharedResponses } from './openapi/problem-responses.ts'
import { createSchemaComponents } from './openapi/schema-components.ts'
import { shareSchemas } from './openapi/share-schemas.ts'

export { failureProblemType, problemType, problemTypes } from '../http/problem-type.ts'

/** A contract and the names of those of its operations that the document describes. */
export interface OpenApiExposure {
  readonly contract: Contract
  readonly operations: readonly string[]
}

/** What the document says of the API as a whole. */
export interface OpenApiInfo {
  readonly title: string
  readonly version: string
  readonly description?: string | undefined
  /** Put before every path. Default: none. */
  readonly prefix?: string | undefined
  /** Whether bearer tokens are accepted; the document then says which operations need one. Default: true. */
  readonly auth?: boolean | undefined
}

/**
 * The OpenAPI 3.1 document of the named operations, as the gateway maps them to HTTP. Operations without a route are
 * left out. Equal exposures give equal documents. A schema that several of them use stands once under `components`, by its
 * name (in Zod: `.meta({ id })`), its title, or after the operation where it stands first.
 */
export function toOpenApi(exposures: readonly OpenApiExposure[], info: OpenApiInfo): JsonSchema {
  const { title, version, description, prefix = '', auth = true } = info
  const components = createSchemaComponents({ Problem: problemSchema })
  const paths: Record<string, Record<string, JsonSchema>> = {}
  for (const { contract, operations } of exposures) {
    for (const name of operations) {
      const operation = Object.hasOwn(contract.operations, name) ? contract.operations[name] : undefined
      const described = operation && operationObject(operation, components, auth)
      if (described === undefined) continue
      const path = prefix + described.path
      const same = Object.keys(paths).find((other) => shapeOf(other) === shapeOf(path)) ?? path
      paths[same] = { ...paths[same], [described.method]: withNamesOf(same, path, described.object) }
    }
  }
  const shared = shareSchemas(paths, components.schemas)
  return {
    openapi: '3.1.0',
    info: { title, version, ...(description !== undefined && { description }) },
    servers: [{ url: '/', description: 'The host that serves this document.' }],
    tags: exposures.map(({ contract }) => ({
      name: contract.name,
      ...(contract.description !== undefined && { description: contract.description }),
    })),
    paths: shared.paths,
    components: {
      schemas: shared.schemas,
      responses: sharedResponses,
      ...(auth && { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } }),
    },
  }
}

function shapeOf(path: string): string {
  return path.replaceAll(/\{[^}]*\}/g, '{}')
}

/**
 * OpenAPI wants one name for a path's parameter, whichever method is asked for; contracts may differ, since the name
 * never travels.
 */
function withNamesOf(path: string, own: string, object: JsonSchema): JsonSchema {
  if (path === own) return object
  const namesIn = (text: string): string[] => [...text.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name)
  const names = new Map(namesIn(own).map((name, index) => [name, namesIn(path)[index] ?? name]))
  // As they were written above.
  const parameters = object['parameters'] as readonly { readonly name: string; readonly in: string }[]
  const renamed = parameters.map((parameter) =>
    parameter.in === 'path' ? { ...parameter, name: names.get(parameter.name) ?? parameter.name } : parameter,
  )
  return { ...object, parameters: renamed }
}
