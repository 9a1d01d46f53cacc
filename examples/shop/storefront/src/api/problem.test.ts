import { HttpError, ServiceError } from 'holon/client'
import { expect, test } from 'vitest'

import { toProblem } from './problem.ts'

const type = 'https://holon.dev/problems/failed_precondition'

test('what the shop says is shown, and a proxy becomes a sentence', () => {
  const told = new HttpError('failed_precondition', 'Only 2 kettles are left.', { status: 409, type })
  expect(toProblem(told)).toEqual({ kind: 'refused', detail: 'Only 2 kettles are left.' })
  const proxy = toProblem(
    new HttpError('unavailable', 'GET /api/home was answered with 503 and text/html', { status: 503 }),
  )
  expect(proxy).toEqual({ kind: 'unavailable', detail: expect.stringContaining('try again') as string })
})

test('no answer is no connection; what is no error of the shop is one of the page', () => {
  expect(toProblem(new ServiceError('unavailable', 'fetch failed'))).toMatchObject({ kind: 'unavailable' })
  expect(toProblem(new ServiceError('deadline_exceeded', 'late')).detail).toContain('could not reach the shop')
  expect(toProblem(new TypeError('x is undefined')).detail).toContain('went wrong on this page')
})

test('who must sign in is told apart from what is not there', () => {
  expect(toProblem(new HttpError('unauthenticated', 'no', { status: 401, type })).kind).toBe('sign-in')
  expect(toProblem(new HttpError('not_found', 'no', { status: 404, type })).kind).toBe('not-found')
})
