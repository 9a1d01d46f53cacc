import type { Issue } from '../kernel/error.ts'

/** Deepest nesting of a value that travels; more is a cycle, most likely. */
const maxDepth = 200

/** What to use instead of the kinds of values that are used by mistake most often. */
const alternatives: { readonly [kind: string]: string } = {
  Date: 'use an ISO 8601 string, or a number of milliseconds',
  Map: 'use an object, or an array of pairs',
  Set: 'use an array',
  bigint: 'use a string of digits, or a safe integer',
  function: 'only data travels',
  symbol: 'only data travels',
}

/**
 * The one rule of what can travel between services, checked alike in every placement: null, undefined, booleans,
 * numbers, strings, arrays and plain objects, at most 200 levels deep, without a field named `__proto__`. Everything
 * else would arrive as something else, or not at all, as soon as a service moves to another process.
 *
 * @returns where and what the first obstacle is; undefined when there is none.
 */
export function travelIssue(value: unknown): Issue | undefined {
  try {
    if (travels(value, 0)) return undefined
    return obstacle(value, 0)
  } catch {
    return unreadable // a getter or a proxy that throws
  }
}

const unreadable: Issue = { path: [], message: 'it cannot be read' }

/** The rule as a mere yes or no, which every call asks; where the obstacle lies is looked for only if there is one. */
export function travels(value: unknown, depth: number): boolean {
  if (typeof value !== 'object')
    return typeof value !== 'function' && typeof value !== 'symbol' && typeof value !== 'bigint'
  if (value === null) return true
  if (depth > maxDepth) return false
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (!travels(value[index], depth + 1)) return false
    return true
  }
  if (!isPlain(value)) return false
  for (const key in value) if (key === '__proto__' || !travels(value[key], depth + 1)) return false
  return true
}

function obstacle(value: unknown, depth: number): Issue | undefined {
  if (typeof value !== 'object') {
    const kind = typeof value
    return kind === 'function' || kind === 'symbol' || kind === 'bigint' ? refused(kind) : undefined
  }
  if (value === null) return undefined
  if (depth > maxDepth) return { path: [], message: `it is nested deeper than ${maxDepth} levels, or refers to itself` }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const found = obstacle(value[index], depth + 1)
      if (found) return { path: [index, ...found.path], message: found.message }
    }
    return undefined
  }
  if (!isPlain(value)) return refused(kindOf(value))
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return { path: [], message: "a field named '__proto__' cannot travel" }
    const found = obstacle(value[key], depth + 1)
    if (found) return { path: [key, ...found.path], message: found.message }
  }
  return undefined
}

/** Whether its prototype is none, or the root of some realm. */
function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}

function kindOf(value: object): string {
  const { constructor } = value
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'object with a prototype'
}

function refused(kind: string): Issue {
  return { path: [], message: `a ${kind} cannot travel: ${alternatives[kind] ?? 'use a plain object'}` }
}

/** A value that cannot travel. */
export class Untravelable extends Error {
  override readonly name: string = 'Untravelable'
  readonly issue: Issue

  constructor(issue: Issue) {
    super(issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`)
    this.issue = issue
  }
}

/**
 * A deep copy of a value that can travel.
 *
 * @throws Untravelable
 */
export function copyPlain(value: unknown): unknown {
  try {
    return copy(value, 0)
  } catch {
    // A getter that threw then need not do so now.
    throw new Untravelable(travelIssue(value) ?? unreadable)
  }
}

function copy(value: unknown, depth: number): unknown {
  if (typeof value !== 'object') {
    if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') throw obstacleMet
    return value
  }
  if (value === null) return value
  if (depth > maxDepth) throw obstacleMet
  if (Array.isArray(value)) return Array.from(value, (item) => copy(item, depth + 1))
  if (!isPlain(value)) throw obstacleMet
  const copied: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw obstacleMet
    copied[key] = copy(value[key], depth + 1)
  }
  return copied
}

/** Thrown as a mark only: which obstacle it was is worked out where it is caught. */
const obstacleMet: Error = new Error('This value cannot travel.')
