import type { Migration } from './read-migrations.ts'

/** A row of the table in which the database remembers its migrations. */
export interface AppliedMigration {
  readonly name: string
  readonly checksum: string
}

/** What is still to do, or why nothing may be done. */
export type HistoryCheck =
  | { readonly fits: true; readonly pending: readonly Migration[] }
  | { readonly fits: false; readonly mistakes: readonly string[] }

/** Compares what was applied with what the code brings: the first must be the beginning of the second, unedited. */
export function checkHistory(applied: readonly AppliedMigration[], known: readonly Migration[]): HistoryCheck {
  const byName = new Map(known.map((migration) => [migration.name, migration]))
  const done = new Set(applied.map(({ name }) => name))
  const last = lastOf(applied)
  const newestKnown = lastOf(known)
  const mistakes: string[] = []
  for (const { name, checksum } of applied) {
    const migration = byName.get(name)
    if (migration && !isEdited(checksum, migration)) continue
    if (migration)
      mistakes.push(
        `${name} was applied and has been edited since: restore the file and put the change into a new migration`,
      )
    else if (isAfter(name, newestKnown))
      mistakes.push(`${name} was applied by a newer version of this service: run that version, or restore a backup`)
    else mistakes.push(`${name} was applied, but its file is gone: restore it`)
  }
  const pending = known.filter(({ name }) => !done.has(name))
  for (const { name } of pending) {
    if (last !== undefined && isAfter(last, name))
      mistakes.push(`${name} comes before ${last}, which was applied already: give it a higher number`)
  }
  return mistakes.length > 0 ? { fits: false, mistakes } : { fits: true, pending }
}

/** A build turns `0002-x.ts` into `0002-x.js` with other text: that is no edit, and cannot be told from one. */
function isEdited(applied: string, { checksum, markedChecksum }: Migration): boolean {
  const [appliedLanguage] = applied.split(':')
  const [knownLanguage] = checksum.split(':')
  const built = appliedLanguage !== knownLanguage && appliedLanguage !== 'sql' && knownLanguage !== 'sql'
  return !built && applied !== checksum && applied !== markedChecksum
}

function lastOf(list: readonly { readonly name: string }[]): string | undefined {
  return list
    .map(({ name }) => name)
    .toSorted(inOrder)
    .at(-1)
}

function isAfter(name: string, other: string | undefined): boolean {
  return other === undefined || inOrder(name, other) > 0
}

/** By number, so that 10000 comes after 9999. */
export function inOrder(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : Number(a > b))
}
