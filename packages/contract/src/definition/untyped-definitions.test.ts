import { describe, expect, it } from 'vitest'

import { command, defineContract, stream } from '../index.ts'

/** What the types forbid, as it comes from JavaScript or a cast. */
function refusalOf(options: object): string {
  try {
    defineContract('a', { operations: { act: command({ http: 'POST /acts', ...options }) } })
    return 'accepted'
  } catch (error) {
    return String(error)
  }
}

describe('what only a type forbids is refused at definition, saying what is possible', () => {
  it.each([302, 304, 204, 100, 404, 500, 0, -1, NaN, '201', null])('the status %j', (status) => {
    const refusal = refusalOf({ http: { route: 'POST /acts', status } })
    expect(refusal).toContain(`http.status is ${String(status)}; use 200, 201, 202`)
  })
  it.each([200, 201, 202, undefined])('but not the status %j', (status) => {
    expect(refusalOf({ http: { route: 'POST /acts', status } })).toBe('accepted')
  })

  it.each([0, -5, NaN, Infinity, 2 ** 31, '1000'])('the time limit %j', (timeoutMs) => {
    expect(refusalOf({ timeoutMs })).toContain(`timeoutMs is ${String(timeoutMs)}; it must be`)
  })
  it('but not that of a stream without end', () => {
    const endless = stream({ serverStream: { type: 'string' }, timeoutMs: Infinity })
    expect(() => defineContract('a', { operations: { watch: endless } })).not.toThrow()
  })

  it.each(['requird', 'Required', '', true])('the demand for an identity %j', (auth) => {
    expect(refusalOf({ auth })).toContain(`auth is '${String(auth)}'; use 'required', 'optional' or 'none'`)
  })

  it.each([7, null, {}, { route: 7 }, 'GET', 'FETCH /x', 'GET x'])('the route %j', (http) => {
    expect(refusalOf({ http })).toMatch(/route '.*' is not of the form 'GET \/path\/\{parameter\}'/)
  })
})
