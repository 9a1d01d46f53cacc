import { compileSchema, type Schema, schemaFields, type TextReader, textReader } from '@holon/contract'

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
  const fields = schemaFields(compiled.inputJson)?.fields
  if (fields === undefined) {
    report(`service '${service}': config must be the schema of an object`)
    return undefined
  }
  const given: Record<string, unknown> = {}
  for (const field of fields) {
    const text = environment[variableFor(service, field.name)]
    if (text !== undefined) given[field.name] = valueOf(text, textReader(field.schema, compiled.inputJson))
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

/** What only an environment can say besides the text of a value: lists and objects as JSON, and flags as 1 and 0. */
function valueOf(text: string, reader: TextReader): unknown {
  const value = reader.read(text)
  if (value !== text || reader.isText) return value
  if (reader.isList || reader.isObject) return fromJson(text)
  const flag = text === '1' ? reader.read('true') : text === '0' ? reader.read('false') : text
  return typeof flag === 'boolean' ? flag : text
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
