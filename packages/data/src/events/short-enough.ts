import { ServiceError } from '@holon/contract'

/** What the narrowest of the engines keeps in a column that is a key. */
const longest = 255

/** Throws if one of the names is longer than the tables can hold: some engines would cut it off, and take two for one. */
export function assertShortEnough(names: Readonly<Record<string, string>>): void {
  for (const [what, name] of Object.entries(names)) {
    if (name.length <= longest) continue
    const message = `The ${what} "${name.slice(0, 40)}…" has ${name.length} characters; at most ${longest} can be stored.`
    throw new ServiceError('invalid_argument', message)
  }
}
