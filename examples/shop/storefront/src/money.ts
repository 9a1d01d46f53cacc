const formats = new Map<string, Intl.NumberFormat>()

/** Formats an amount in the smallest unit of its currency: `formatMoney(4490, 'EUR')` is `€44.90`. */
export function formatMoney(amountCents: number, currency: string, locale: string = 'en-IE'): string {
  const format = formatFor(locale, currency)
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2
  return format.format(amountCents / 10 ** digits)
}

function formatFor(locale: string, currency: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`
  const known = formats.get(key)
  if (known) return known
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency })
  formats.set(key, format)
  return format
}
