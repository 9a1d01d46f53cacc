/** `1230`, `EUR` → `12.30 EUR`, as the provider writes amounts. In whole numbers throughout: 0.1 + 0.2 is not 0.3. */
export function toProviderAmount(amountCents: number, currency: string): string {
  const digits = String(amountCents).padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)} ${currency}`
}

/** `12.30 EUR` → `1230`, `EUR`. */
export function parseProviderAmount(amount: string): { amountCents: number; currency: string } {
  const match = /^(?<units>\d{1,13})\.(?<cents>\d{2}) (?<currency>[A-Z]{3})$/.exec(amount)
  const { units, cents, currency } = match?.groups ?? {}
  if (units === undefined || cents === undefined || currency === undefined)
    throw new Error(`The payment provider sent the amount '${amount}', which is not of the form '12.30 EUR'.`)
  return { amountCents: Number(units + cents), currency }
}
