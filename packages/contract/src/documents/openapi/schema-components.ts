import { canonicalJson } from '../../kernel/fingerprint.ts'
import { isRecord } from '../../kernel/is-record.ts'
import type { JsonSchema } from '../../schema/schema.ts'

/** The shared schemas of a document, under `#/components/schemas/`. */
export interface SchemaComponents {
  readonly schemas: Readonly<Record<string, JsonSchema>>
  /**
   * Returns `schema` as it may stand in the document. References into a schema's own `$defs` (or to its root) would
   * point at the wrong place there, so what they name becomes a component; `hint` names it where the schema does not.
   */
  place(schema: JsonSchema, hint: string, document?: JsonSchema): JsonSchema
}

/** Keywords that hold named schemas: their keys are names, not keywords. */
export const schemaMaps: readonly string[] = ['properties', 'patternProperties', 'dependentSchemas']
/** Keywords that hold values, not schemas. */
export const schemaData: readonly string[] = [
  'const',
  'enum',
  'default',
  'examples',
  'example',
  'required',
  'dependentRequired',
]
/** Keywords of a JSON Schema document that mean nothing inside an OpenAPI document. */
const dropped: readonly string[] = ['$schema', '$defs']

/** @param reserved Components that stand already; their names are not given to others. */
export function createSchemaComponents(reserved: Readonly<Record<string, JsonSchema>> = {}): SchemaComponents {
  const schemas: Record<string, JsonSchema> = { ...reserved }
  const sources = new Map<string, string>(Object.keys(reserved).map((name) => [name, 'reserved']))

  /** Finds a free name, or the one under which the very same schema stands already. */
  const nameFor = (wanted: string, hint: string, source: string): string => {
    const plain = wanted.replaceAll(/[^A-Za-z0-9._-]/g, '_')
    // Zod numbers the recursive schemas that have no name of their own.
    const own = plain.startsWith('__') ? [] : [plain]
    for (let count = 0; ; count += 1) {
      const name = count < own.length ? plain : `${hint}${count === own.length ? '' : count}`
      if (!sources.has(name) || sources.get(name) === source) return name
    }
  }

  const place = (schema: JsonSchema, hint: string, document: JsonSchema = schema): JsonSchema => {
    const names = new Map<string, string>()
    const rewrite = (reference: string): string => {
      if (!reference.startsWith('#')) return reference
      const [, keyword, name, ...rest] = reference.split('/')
      const inDefinitions = keyword === '$defs' && name !== undefined
      const key = inDefinitions ? `#/$defs/${name}` : '#'
      const tail = inDefinitions ? rest : reference.split('/').slice(1)
      return ['#/components/schemas', names.get(key) ?? add(key, name), ...tail].join('/')
    }
    const add = (key: string, definition: string | undefined): string => {
      const target = key === '#' ? document : lookUp(document, definition ?? '')
      const source = canonicalJson([target, key === '#' ? undefined : closure(target, document)])
      const name = nameFor(key === '#' ? '__root' : (definition ?? ''), hint, source)
      names.set(key, name)
      if (sources.has(name)) return name
      sources.set(name, source)
      schemas[name] = {} // taken before its own references are followed
      schemas[name] = rewriteSchema(target, rewrite)
      return name
    }
    return rewriteSchema(schema, rewrite)
  }
  return { schemas, place }
}

function lookUp(document: JsonSchema, name: string): JsonSchema {
  const key = decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~')
  const definition =
    isRecord(document['$defs']) && Object.hasOwn(document['$defs'], key) ? document['$defs'][key] : undefined
  return isRecord(definition) ? definition : {}
}

/** The definitions that `schema` refers to, also through others: with them it says the same wherever it stands. */
function closure(schema: JsonSchema, document: JsonSchema): Record<string, JsonSchema> {
  const found = Object.create(null) as Record<string, JsonSchema>
  const visit = (node: JsonSchema): void => {
    rewriteReferences(node, (reference) => {
      const [, keyword, name] = reference.split('/')
      if (keyword === '$defs' && name !== undefined && found[name] === undefined) {
        found[name] = lookUp(document, name)
        visit(found[name])
      }
      return reference
    })
  }
  visit(schema)
  return found
}

/** A copy of `node` with every `$ref` replaced, and without the keywords that belong to whole documents. */
function rewriteReferences(node: unknown, rewrite: (reference: string) => string): unknown {
  if (Array.isArray(node)) return node.map((member) => rewriteReferences(member, rewrite))
  return isRecord(node) ? rewriteSchema(node, rewrite) : node
}

function rewriteSchema(node: JsonSchema, rewrite: (reference: string) => string): JsonSchema {
  const entries = Object.entries(node).filter(([keyword]) => !dropped.includes(keyword))
  return Object.fromEntries(
    entries.map(([keyword, value]: [string, unknown]) => {
      if (keyword === '$ref' && typeof value === 'string') return [keyword, rewrite(value)]
      if (schemaData.includes(keyword)) return [keyword, value]
      return [keyword, schemaMaps.includes(keyword) ? rewriteMap(value, rewrite) : rewriteReferences(value, rewrite)]
    }),
  )
}

function rewriteMap(map: unknown, rewrite: (reference: string) => string): unknown {
  if (typeof map !== 'object' || map === null) return map
  return Object.fromEntries(
    Object.entries(map).map(([name, schema]: [string, unknown]) => [name, rewriteReferences(schema, rewrite)]),
  )
}
