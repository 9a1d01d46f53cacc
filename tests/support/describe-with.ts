import { describe } from 'vitest'

import { type RequirementName, requires } from './requirements.ts'

/**
 * `describe` for tests that need a requirement. Where it is missing they are reported as skipped, each under a name that
 * says what is missing and how to get it. (The body still runs, with an empty path, because that is how they are counted.)
 */
export function describeWith(name: RequirementName, title: string, body: (path: string) => void): void {
  const { path, remedy } = requires(name)
  const reason = path === undefined ? ` [skipped: no ${name} here; ${remedy}]` : ''
  describe.skipIf(path === undefined)(`${title}${reason}`, () => {
    body(path ?? '')
  })
}
