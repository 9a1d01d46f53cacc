import { SettingFailure } from './setting-failure.ts'

/** A port from the environment; undefined if the variable is not set. @throws SettingFailure if it is no port. */
export function portOf(
  variable: string,
  environment: Readonly<Record<string, string | undefined>>,
): number | undefined {
  const text = environment[variable]
  if (text === undefined || text === '') return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new SettingFailure(`${variable} is '${text}'; a port is a whole number from 0 to 65535.`)
}
