import { describe, expect, test } from 'vitest'

import { checkTypes, listTypeProjects } from './type-projects.ts'

// The type tests of the packages (`expectTypeOf`, `@ts-expect-error`) are proved by the compiler, project by project.
describe('types and type tests hold in', () => {
  test.each(listTypeProjects())('%s', { timeout: 60_000 }, async (project) => {
    expect((await checkTypes(project)).problems).toEqual([])
  })
})
