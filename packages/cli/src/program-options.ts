import { isRecord, messageOf } from '@holon/contract'
import { type Command, InvalidArgumentError, Option } from 'commander'

import type { ExitCode } from './exit-code.ts'

/** Takes the exit code of the command that ran. */
export type Finish = (code: ExitCode) => void

export const config = (): Option => new Option('--config <file>', 'the app (default: the nearest holon.config.ts)')
export const json = (what: string): Option => new Option('--json', what)
export const data = (): Option =>
  new Option('--data <folder>', "data of this app (default: .holon beside the app's configuration)")
export const logLevel = (): Option =>
  new Option('--log-level <level>', 'chattiest lines to show').choices(['debug', 'info', 'warn', 'error', 'silent'])
export const port = (): Option =>
  new Option('--port <number>', "port of the gateway (default: PORT, the app's own, 8080)").argParser(parsePort)
export const hostOption = (): Option => new Option('--host <address>', 'address that the gateway listens on')

export interface Explanation {
  /** In the list of commands. */
  readonly summary: string
  /** In the command's own help. */
  readonly description: string
  /** Command lines, with what stands behind `holon`. */
  readonly examples: readonly string[]
}

/** Says what a command does, and how it is called. */
export function explained(command: Command, { summary, description, examples }: Explanation): Command {
  const lines = examples.map((example) => `\n  holon ${example}`).join('')
  return command
    .summary(summary)
    .description(description)
    .addHelpText('after', `\n${examples.length === 1 ? 'Example' : 'Examples'}:${lines}`)
}

export function parsePort(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
  return value
}

export function parseNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('')) throw new InvalidArgumentError('Write names with commas between them: orders,payments.')
  return names
}

export function parseDuration(text: string): number {
  const [, amount = '', unit] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? []
  if (amount === '') throw new InvalidArgumentError('Write a duration like 500ms, 5s or 1m.')
  // Whoever writes 5 may mean either.
  if (unit === undefined)
    throw new InvalidArgumentError(`Of what? Write ${amount}s for seconds, ${amount}ms for milliseconds.`)
  return Number(amount) * (unit === 'ms' ? 1 : unit === 's' ? 1_000 : 60_000)
}

export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${messageOf(error)}`)
  }
}

export function parseObject(text: string): Readonly<Record<string, unknown>> {
  const value = parseJson(text)
  if (isRecord(value) && !Array.isArray(value)) return value
  throw new InvalidArgumentError('Write a JSON object.')
}
