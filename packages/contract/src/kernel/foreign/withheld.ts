/** Names of fields whose values are blanked wherever a foreign value is told, in lower case and without `_` and `-`. */
const secretNames: ReadonlySet<string> = new Set([
  'password',
  'passwordhash',
  'secret',
  'token',
  'accesstoken',
  'refreshtoken',
  'authorization',
  'cookie',
  'setcookie',
  'apikey',
  'xapikey',
  'clientsecret',
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
  const plain = name.toLowerCase().replaceAll(/[_-]/g, '')
  if (secretNames.has(plain)) return '[secret]'
  return ofError && dataNames.has(plain) ? '[data]' : undefined
}
