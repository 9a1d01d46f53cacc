/**
 * `value instanceof kind`, for a value that Holon did not make: false where even that question throws, as a revoked
 * proxy does.
 */
export function isInstance<T>(value: unknown, kind: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof kind
  } catch {
    return false
  }
}

/** A field of a value that Holon did not make; undefined where there is none, or reading it throws. */
export function fieldOf(value: unknown, name: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  try {
    return Reflect.get(value, name)
  } catch {
    return undefined
  }
}
