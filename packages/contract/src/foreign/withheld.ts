/** Names of fields whose values are blanked wherever a foreign value is told, in lower case. */
const secretNames: ReadonlySet<string> = new Set([
  'password',
  'passwordhash',
  'secret',
  'token',
  'accesstoken',
  'refreshtoken',
  'authorization',
  'cookie',
  'apikey',
  'privatekey',
  'cardnumber',
])

/**
 * Fields of errors in which drivers and HTTP clients put rows, parameters, requests and claims: the data of people, which
 * a log must not have. An error of one's own tells such things in its message, or in fields of other names.
 */
const dataNames: ReadonlySet<string> = new Set([
  'detail',
  'where',
  'query',
  'internalquery',
  'sql',
  'statement',
  'sqlmessage',
  'parameters',
  'params',
  'bindings',
  'values',
  'row',
  'rows',
  'record',
  'payload',
  'body',
  'data',
  'input',
  'headers',
  'config',
  'request',
  'response',
  'options',
  'claims',
  'identity',
  'connection',
  'connectionstring',
])

/** What stands where a field's value is not told. */
export function withheld(name: string, ofError: boolean): string | undefined {
  const lower = name.toLowerCase()
  if (secretNames.has(lower)) return '[secret]'
  return ofError && dataNames.has(lower) ? '[data]' : undefined
}
