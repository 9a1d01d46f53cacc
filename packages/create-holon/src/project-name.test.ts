import { builtinModules } from 'node:module'

import { serviceNameProblem } from '@holon/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { projectNameProblem, suggestName } from './project-name.ts'

const names = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,45}$/),
  fc.constantFrom('then', 'constructor', 'valueOf', 'postgres', 'public', 'none', 'template0', 'prototype', 'toJSON'),
)

test('what can be a project can be an app of Holon', () => {
  fc.assert(
    fc.property(names, (name) => {
      expect(projectNameProblem(name) === undefined && serviceNameProblem(name) !== undefined).toBe(false)
    }),
  )
})

test('what can be an app of Holon can be a project, but for what npm and Node have already', () => {
  fc.assert(
    fc.property(names, (name) => {
      const taken = ['holon', 'create-holon', 'zod', 'express', 'typescript', 'node', ...builtinModules].includes(name)
      expect(projectNameProblem(name) === undefined).toBe(serviceNameProblem(name) === undefined && !taken)
    }),
  )
  for (const name of ['http', 'holon', 'zod', 'express']) {
    expect(serviceNameProblem(name)).toBeUndefined()
    expect(projectNameProblem(name)).toContain(`'${name}'`)
  }
})

test('what is suggested can be a name', () => {
  fc.assert(
    fc.property(names, (name) => {
      const suggestion = suggestName(name)
      expect(suggestion === undefined ? undefined : projectNameProblem(suggestion)).toBeUndefined()
    }),
  )
  expect(suggestName('My App')).toBe('my-app')
  expect(suggestName('Käse_Laden2')).toBe('kase-laden2')
  expect(suggestName('2024-orders')).toBe('orders')
  expect(suggestName('holon')).toBe('holon-app')
  expect(suggestName('***')).toBeUndefined()
})
