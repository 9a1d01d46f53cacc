import { z } from 'zod'

/** The shop sells in one currency, so sums never mix two. */
export const currency = 'EUR'

export const Currency = z.literal(currency)

/** An amount in the currency's smallest unit. */
export const Cents = z.int().min(0).max(1_000_000_000)

export const Price = z.object({ currency: Currency, amountCents: Cents })

/** `123450` → `€1,234.50`. */
export function formatCents(cents: number): string {
  return (cents / 100).toLocaleString('en-IE', { style: 'currency', currency })
}
