import { isDate } from 'node:util/types'

/**
 * Values as pg may send them: by the table in docs/guide/stores.md. pg itself writes a Date with the hours of the zone in
 * which the process runs, which makes another day of it wherever the server takes it for a `date` or a `timestamp`.
 *
 * @throws TypeError for a Date that is none.
 */
export function toParameters(values: readonly unknown[]): unknown[] {
  return values.map(toParameter)
}

function toParameter(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : value
  if (isDate(value)) return toTimestamp(value)
  return Array.isArray(value) ? value.map(toParameter) : value
}

/** PostgreSQL counts years before the first as "BC", and takes no sign. */
function toTimestamp(date: Date): string {
  const year = date.getUTCFullYear()
  if (Number.isNaN(year)) throw new TypeError('A parameter of the query is an invalid Date.')
  const text = date.toISOString()
  if (year > 0 && year <= 9999) return text
  const withoutYear = text.slice(-'-MM-DDTHH:mm:ss.sssZ'.length)
  return year > 0 ? `${year}${withoutYear}` : `${String(1 - year).padStart(4, '0')}${withoutYear} BC`
}
