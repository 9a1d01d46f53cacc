/**
 * A name as brokers take it in names of streams, consumers and keys: letters, digits and `-` stay, `.` becomes `_`,
 * all else `=` and its code. Different names stay different.
 */
export function encodeName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9-]/gu, (character) =>
    character === '.' ? '_' : `=${(character.codePointAt(0) ?? 0).toString(16)}=`,
  )
}
