/**
 * A deep copy of what can travel: arrays, plain objects and primitives. Anything else (a Date, a class instance with
 * its own prototype, a function) is left for the schema's check to refuse, or is copied by `structuredClone` where the
 * schema lets any value through.
 *
 * @throws RangeError where a value is nested deeper than 200 levels (a cycle, most likely).
 */
export function copyPlain(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > 200) throw new RangeError('The value is nested deeper than 200 levels, or refers to itself.')
  if (Array.isArray(value)) return value.map((item) => copyPlain(item, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return structuredClone(value)
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const item = copyPlain((value as Record<string, unknown>)[key], depth + 1)
    // An own `__proto__` key (JSON.parse makes one) must stay data and never become the prototype.
    if (key === '__proto__')
      Object.defineProperty(copy, key, { value: item, enumerable: true, configurable: true, writable: true })
    else copy[key] = item
  }
  return copy
}
