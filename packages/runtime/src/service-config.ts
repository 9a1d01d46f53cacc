import { compileSchema, fieldsOf, type JsonSchema, type Schema } from '@holon/contract'

/** The environment variable that holds a field of a service's configuration: `orders`, `smtpHost` → `ORDERS_SMTP_HOST`. */
export function variableFor(service: string, field: string): string {
  return `${service}_${field.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')}`.replaceAll('-', '_').toUpperCase()
}

/**
 * Reads a service's configuration from environment variables. Each mistake goes to `report`, naming the variable but
 * never its value, which may be a secret.
 */
export async function readConfig(
  service: string,
  schema: Schema | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  report: (problem: string) => void,
): Promise<unknown> {
  if (schema === undefined) return undefined
  const compiled = compileSchema(schema, 'input', (problem) => report(`service '${service}': config: ${problem}`))
  const fields = fieldsOf(compiled.inputJson)
  if (fields === undefined) {
    report(`service '${service}': config must be the schema of an object`)
    return undefined
  }
  // There are fields, so there are properties.
  const properties = compiled.inputJson['properties'] as Record<string, JsonSchema>
  const given: Record<string, unknown> = {}
  for (const field of fields) {
    const text = environment[variableFor(service, field)]
    if (text !== undefined) given[field] = convert(text, properties[field])
  }
  const parsed = await compiled.parse(given)
  if (parsed.issues === undefined) return parsed.value
  for (const { path, message } of parsed.issues) {
    const field = String(path[0] ?? '')
    const variable = variableFor(service, field)
    const state = environment[variable] === undefined ? 'is not set' : 'is wrong'
    report(`service '${service}': environment variable ${variable} ${state} (config '${path.join('.')}'): ${message}`)
  }
  return undefined
}

/** Text to the type the schema asks for; what does not convert is left for the schema to refuse. */
function convert(text: string, schema: JsonSchema | undefined): unknown {
  const type = schema?.['type']
  if ((type === 'number' || type === 'integer') && text.trim() !== '' && !Number.isNaN(Number(text)))
    return Number(text)
  if (type === 'boolean' && (text === 'true' || text === '1')) return true
  if (type === 'boolean' && (text === 'false' || text === '0')) return false
  if (type === 'array' || type === 'object') {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  return text
}
