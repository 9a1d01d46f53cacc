import type { Issue } from '@holon/contract'
import { travelIssue } from '@holon/contract/travels'

/** What JSON would change in a value, or cannot carry at all; undefined where it carries it as it is. */
export function jsonIssue(value: unknown): Issue | undefined {
  return travelIssue(value) ?? changed(value, [])
}

/** What travels between services and is not in JSON. `undefined` as a field is left out in both. */
function changed(value: unknown, path: Issue['path']): Issue | undefined {
  if (typeof value === 'number' && !Number.isFinite(value))
    return { path, message: `${value} is no number in JSON: use null, or a string` }
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, item] of Object.entries(value)) {
    const isItem = Array.isArray(value)
    const at = [...path, isItem ? Number(key) : key]
    if (isItem && item === undefined) return { path: at, message: 'undefined is no item in JSON: use null' }
    const found = changed(item, at)
    if (found) return found
  }
  return undefined
}
