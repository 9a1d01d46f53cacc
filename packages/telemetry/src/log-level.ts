/** The levels of log lines, from the chattiest. `silent` writes nothing. */
export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export function isLogLevel(value: unknown): value is LogLevel {
  return logLevels.some((level) => level === value)
}
