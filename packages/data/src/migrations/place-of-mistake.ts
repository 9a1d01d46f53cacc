const shellCommands = ' Commands of psql (\\c) and of the shell of sqlite (.read) are no SQL.'

/**
 * What is wrong in a script, in the form `file:line:column: message`, and the line. PostgreSQL says where for most mistakes;
 * otherwise the place is shown of the name in the message, if there is only one.
 */
export function placeOf(error: Error, path: string, script: string): string {
  const { message } = error
  const at = positionIn(error, script) ?? only(script, message)
  const hint = /^unrecognized token: "\\|(?:near|token:?) "[\\.]/.test(message) ? shellCommands : ''
  if (at === undefined) return `${path}: ${message}.${hint}`
  const before = script.slice(0, at).split('\n')
  const line = script.split('\n')[before.length - 1] ?? ''
  return `${path}:${before.length}:${(before.at(-1) ?? '').length + 1}: ${message}.${hint}\n      ${line.trim().slice(0, 200)}`
}

/** PostgreSQL counts characters from 1, JavaScript units of UTF-16 from 0. */
function positionIn(error: Error, script: string): number | undefined {
  const position = 'position' in error ? Number(error.position) : Number.NaN
  if (!Number.isSafeInteger(position) || position < 1) return undefined
  return Array.from(script)
    .slice(0, position - 1)
    .join('').length
}

function only(script: string, message: string): number | undefined {
  const name = /"([^"]+)"|no such \w+: (\S+)|(?:table|index|view|trigger|column:?) (\S+)/
    .exec(message)
    ?.slice(1)
    .find(Boolean)
  if (name === undefined) return undefined
  const at = script.indexOf(name)
  return at !== -1 && script.indexOf(name, at + 1) === -1 ? at : undefined
}
