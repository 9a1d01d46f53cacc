import { command, defineContract, DefinitionError, query } from '@holon/contract'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { expose, type GatewayDefinition } from './definition/index.ts'
import { exposed, notes } from './fixtures/notes.ts'
import { planRoutes } from './plan-routes.ts'

const odd = defineContract('odd', {
  operations: {
    nested: query({ http: 'GET /nested', input: z.object({ filter: z.object({ a: z.string() }) }) }),
    grid: query({ http: 'GET /grid', input: z.object({ rows: z.array(z.array(z.int())) }) }),
    text: query({ http: 'GET /text', input: z.string() }),
    clash: command({ http: 'PUT /notes/{name}', input: z.object({ name: z.string() }) }),
    docs: query({ http: 'GET /docs/{page}', input: z.object({ page: z.string() }) }),
    either: query({
      http: 'GET /either',
      input: z.union([z.object({ a: z.int() }), z.object({ b: z.boolean() })]),
    }),
    listOfBody: command({ http: 'POST /list', input: z.array(z.string()) }),
  },
})

const problemsOf = (definition: GatewayDefinition): readonly string[] => {
  try {
    planRoutes(definition)
  } catch (error) {
    if (error instanceof DefinitionError) return error.problems
    throw error
  }
  return []
}

describe('a gateway’s definition', () => {
  it('of what HTTP can carry is accepted', () => {
    expect(problemsOf({ expose: [expose(notes, exposed), expose(odd, ['either', 'listOfBody'])] })).toEqual([])
    expect(problemsOf({ expose: [expose(odd, ['docs'])], prefix: '/api' })).toEqual([])
    const origins = ['https://app.example', 'http://localhost:5173', 'capacitor://localhost', '*']
    expect(problemsOf({ expose: [], cors: { origins } })).toEqual([])
  })

  it('is refused with all its mistakes, each with its remedy', () => {
    const problems = problemsOf({
      prefix: 'api/',
      cors: { origins: ['*'], credentials: true },
      auth: { issuer: '', audience: 'a', jwks: 'no url', algorithms: ['HS256', 'none'] },
      static: [{ at: 'assets/', directory: new URL('file:///tmp/') }],
      expose: [
        { contract: notes, operations: ['hidden', 'unknown', 'upload', 'rename', 'rename', 'toString'] },
        expose(odd, ['nested', 'grid', 'text', 'clash']),
      ],
    })
    const expected = [
      /prefix 'api\/' must be of the form/,
      /auth.issuer is empty/,
      /auth.algorithms has 'HS256'; only signatures with public keys/,
      /auth.algorithms has 'none'/,
      /auth.jwks 'no url' is not a URL/,
      /cors.origins has '\*' together with credentials/,
      /notes.hidden has no route/,
      /has no operation 'unknown'; it has: create, get/,
      /notes.upload takes a stream of items/,
      /has no operation 'toString'/,
      /odd.nested: field 'filter' is an object, which a query cannot carry/,
      /odd.grid: field 'rows' is a list of objects or lists/,
      /odd.text: the input of a GET must be an object/,
      /notes.rename is named twice/,
      /notes.rename and odd.clash both answer PUT/,
      /static: 'assets\/' must be/,
    ]
    expect(expected.filter((pattern) => !problems.some((problem) => pattern.test(problem)))).toEqual([])
    expect(problems).toHaveLength(expected.length)
  })

  it.each([
    [{ limits: { bodyBytes: NaN } }, 'limits.bodyBytes is NaN; use a whole number from 0'],
    [{ limits: { bodyBytes: -1 } }, 'limits.bodyBytes is -1'],
    [{ limits: { headerBytes: 0 } }, 'limits.headerBytes is 0'],
    [{ limits: { requestTimeoutMs: Infinity } }, 'limits.requestTimeoutMs is Infinity'],
    [{ limits: { callTimeoutMs: 0 } }, 'limits.callTimeoutMs is 0'],
    [{ limits: { callTimeoutMs: '5s' } }, 'limits.callTimeoutMs is 5s'],
    [{ port: 70_000 }, 'port is 70000'],
    [{ static: [{ at: '/', directory: new URL('file:///tmp/'), maxAgeS: NaN }] }, "static, '/': maxAgeS is NaN"],
    [
      { cors: { origins: ['https://app.example/'] } },
      "cors.origins has 'https://app.example/', which no browser sends",
    ],
    [{ cors: { origins: ['app.example'] } }, "cors.origins has 'app.example'"],
  ])('does not hold what only a type or a comment forbids: %j', (options, problem) => {
    // As it comes from JavaScript.
    const definition = { expose: [], ...options } as unknown as GatewayDefinition
    expect(problemsOf(definition)).toEqual([expect.stringContaining(problem)])
  })

  it('cannot take the paths that the gateway itself answers', () => {
    expect(problemsOf({ expose: [expose(odd, ['docs'])] })).toEqual([expect.stringMatching(/odd.docs answers \/docs/)])
  })
})
