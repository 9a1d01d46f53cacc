/**
 * Values that JSON does not have, as JSON: `{ $: 'date' }` stands for a Date. So inputs and scripts can be printed by
 * fast-check and sent to another process.
 */
const makers: { readonly [name: string]: () => unknown } = {
  undefined: () => undefined,
  nan: () => Number.NaN,
  infinity: () => Number.POSITIVE_INFINITY,
  date: () => new Date(5),
  map: () => new Map([['id', 'x']]),
  set: () => new Set(['x']),
  bytes: () => new Uint8Array([1, 2, 3]),
  bigint: () => 5n,
  function: () => () => 'called',
  symbol: () => Symbol('x'),
  instance: () => new Entity('x'),
  url: () => new URL('http://host/path'),
  regexp: () => /x/g,
  error: () => new Error('in the value'),
  cycle: () => {
    const value: Record<string, unknown> = {}
    value['id'] = value
    return value
  },
  deep: () => {
    let value: unknown = 'x'
    for (let depth = 0; depth < 2000; depth++) value = [value]
    return value
  },
  proto: () => JSON.parse('{"__proto__": {"polluted": true}, "id": "x"}') as unknown,
  nullPrototype: () => Object.assign(Object.create(null) as object, { id: 'x' }),
  awkwardNames: () => ({ constructor: 'x', toJSON: 'y', hasOwnProperty: 'z' }),
  sparse: () => {
    const value: unknown[] = []
    value[2] = 'x'
    return value
  },
}

class Entity {
  readonly #id: string
  readonly own = 1
  constructor(id: string) {
    this.#id = id
  }
  get id(): string {
    return this.#id
  }
}

/** A description of each kind of value that is not JSON. */
export const exotic: readonly unknown[] = Object.keys(makers).map((name) => ({ $: name }))

/** The described value, made anew. */
export function materialise(described: unknown): unknown {
  if (typeof described !== 'object' || described === null) return described
  if (Array.isArray(described)) return described.map(materialise)
  const { $: name, ...others } = described as { readonly $?: unknown }
  if (typeof name === 'string' && Object.hasOwn(makers, name) && Object.keys(others).length === 0)
    return (makers[name] as () => unknown)()
  return Object.fromEntries(Object.entries(described).map(([key, value]) => [key, materialise(value)]))
}

/** Changes everything that can be changed in a value. */
export function scramble(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null || depth > 20) return
  for (const item of Object.values(value)) scramble(item, depth + 1)
  try {
    if (Array.isArray(value)) value.push('scrambled')
    else (value as Record<string, unknown>)['scrambled'] = true
  } catch {
    // Frozen: even better.
  }
}

/** Whether an object somewhere in the value is frozen, which a reader could notice. */
export function isFrozenAnywhere(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.isFrozen(value) || Object.values(value).some(isFrozenAnywhere)
}
