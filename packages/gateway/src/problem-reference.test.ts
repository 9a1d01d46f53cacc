import { readFileSync } from 'node:fs'

import { codes } from '@holon/contract'
import { describe, expect, it } from 'vitest'

import { edgeProblems, problemKinds } from './problem.ts'

describe('docs/reference/problems.md', () => {
  const page = readFileSync(new URL('../../../docs/reference/problems.md', import.meta.url), 'utf8')
  const sections = new Map(
    page
      .split(/^### /m)
      .slice(1)
      .map((section): [string, string] => [
        section.split('\n')[0] ?? '',
        section.split('\n').slice(1).join('\n').trim(),
      ]),
  )

  it('has a section for each kind of problem, and no other', () => {
    expect([...sections.keys()]).toEqual([...Object.keys(codes), ...Object.keys(edgeProblems)])
    expect(Object.keys(problemKinds)).toEqual([...sections.keys()])
  })

  it('tells the status that is answered, and the code where it is not the name', () => {
    const untold = Object.values(problemKinds).filter(({ name, status, code }) => {
      const opening = code === name ? `${status}. ` : `${status} (\`${code}\`). `
      return sections.get(name)?.startsWith(opening) !== true
    })
    expect(untold).toEqual([])
  })
})
