import { DefinitionError } from '@holon/contract'

/**
 * The text of a file as editors of all systems write it: without a byte order mark, with `\n` at the ends of lines.
 *
 * @throws DefinitionError for what is not UTF-8: read as if it were, it would be other text, or none.
 */
export function readScript(path: string, bytes: Uint8Array): string {
  const refuse = (what: string): DefinitionError =>
    new DefinitionError(`The file ${path}`, [`it is ${what}; save it as UTF-8`])
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) throw refuse('in UTF-16')
  if (bytes.includes(0)) throw refuse('no text, or in UTF-16: it holds U+0000')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n')
  } catch {
    throw refuse('not in UTF-8')
  }
}
