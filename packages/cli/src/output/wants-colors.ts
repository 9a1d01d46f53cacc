import type { Output } from '../host.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Whether text for people is coloured: on a terminal, unless NO_COLOR (https://no-color.org) is set; FORCE_COLOR overrules. */
export function wantsColors(output: Output, environment: Environment): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: terminal } = environment
  if (no !== undefined && no !== '') return false
  if (force !== undefined && force !== '' && force !== '0') return true
  return output.isTerminal && terminal !== 'dumb'
}
