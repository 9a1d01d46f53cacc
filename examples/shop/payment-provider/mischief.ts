/** How the provider misbehaves, as shares of all charges and reversals: 0.02 is one in fifty. */
export interface MischiefRates {
  /** Takes one to three seconds. */
  readonly slow: number
  /** Answers 503 and has done nothing. */
  readonly failBefore: number
  /** Has done it, but the connection breaks before the answer: the caller cannot know. */
  readonly dropAfter: number
}

export const wellBehaved: MischiefRates = { slow: 0, failBefore: 0, dropAfter: 0 }

export type Mischief = 'none' | 'fail-before' | 'drop-after'

/** Reads the rates from environment variables; the defaults are a provider on an ordinary day. */
export function readRates(environment: Readonly<Record<string, string | undefined>>): MischiefRates {
  const rate = (name: string, otherwise: number): number => {
    const value = Number(environment[name] ?? otherwise)
    if (value >= 0 && value <= 1) return value
    throw new RangeError(`${name} is '${environment[name]}'; it must be a number from 0 to 1.`)
  }
  return {
    slow: rate('PAYMENT_PROVIDER_SLOW', 0.02),
    failBefore: rate('PAYMENT_PROVIDER_FAIL', 0.03),
    dropAfter: rate('PAYMENT_PROVIDER_DROP', 0.01),
  }
}

/** Rolls the dice for one request: how long it waits first, and what goes wrong. */
export function rollMischief({ slow, failBefore, dropAfter }: MischiefRates): { delayMs: number; mischief: Mischief } {
  const delayMs = Math.random() < slow ? 1_000 + Math.random() * 2_000 : 0
  const dice = Math.random()
  if (dice < failBefore) return { delayMs, mischief: 'fail-before' }
  return { delayMs, mischief: dice < failBefore + dropAfter ? 'drop-after' : 'none' }
}
