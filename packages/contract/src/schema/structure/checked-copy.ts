import { travels } from '../travels.ts'
import { CheckedCopySource } from './checked-copy-source.ts'
import type { Structure } from './structure.ts'

/** What a checked copy gives for a value that does not surely fit: the schema's own validation has to judge it. */
export const unsure: unique symbol = Symbol('unsure')

/** Checks and copies a value in one pass; {@link unsure} where it may be invalid. Never throws. */
export type CheckedCopy = (value: unknown) => unknown

/**
 * Compiles the checked copy of a structure. With `travels`, a value that it copies could also travel (`travelIssue`).
 * Undefined where code may not be compiled, as under some browsers' security policies.
 */
export function compileCheckedCopy(structure: Structure, how: { readonly travels: boolean }): CheckedCopy | undefined {
  const { functions, entry, patterns, fallbacks, declared } = new CheckedCopySource(structure, how.travels)
  // The source consists of the templates there and of keys and constants escaped by JSON.stringify, nothing else.
  const source = `'use strict'
const plainRoot = Object.prototype, arrayRoot = Array.prototype
function points(v) { let n = 0; for (const _ of v) n++; return n }
function isPrimitive(v) { return v === null || (typeof v !== 'object' && typeof v !== 'function') }
${functions.join('\n')}
${entry}
return (v) => { try { return copyOf(v) } catch { return no } } // a getter or a proxy that throws`
  try {
    // The source above, compiled: it returns the copying function.
    const make = new Function('no', 'patterns', 'fallbacks', 'declared', 'extrasTravel', source) as (
      ...scope: readonly unknown[]
    ) => CheckedCopy
    return make(unsure, patterns, fallbacks, declared, extrasTravel)
  } catch {
    return undefined
  }
}

/** Whether what an object has besides its declared fields could travel. */
function extrasTravel(value: Record<string, unknown>, declared: ReadonlySet<string>, depth: number): boolean {
  for (const key in value) {
    if (declared.has(key)) continue
    if (key === '__proto__' || !travels(value[key], depth)) return false
  }
  return true
}
