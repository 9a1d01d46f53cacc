import { describe, expect, test } from 'vitest'

import { type BoundaryInput, boundaryProblems } from './boundaries.ts'
import { importsOf, packageNameOf } from './imports.ts'

const contract = { folder: 'packages/contract', manifest: { name: '@holon/contract' } }
const rpc = {
  folder: 'packages/rpc',
  manifest: { name: '@holon/rpc', dependencies: { '@holon/contract': '0.1.0', undici: '^8.0.0' } },
}
const shop = { folder: 'examples/shop', manifest: { name: '@shop/app', private: true, dependencies: { holon: '*' } } }

function problemsOf(
  sources: Readonly<Record<string, string>>,
  changes: Partial<BoundaryInput> = {},
): readonly string[] {
  const used = { 'packages/rpc/src/used.ts': `import '@holon/contract'; import type { Pool } from 'undici'` }
  return boundaryProblems({
    allowed: { contract: [], rpc: ['contract'], holon: ['contract', 'rpc'] },
    forTests: {},
    workspaces: [contract, rpc, shop],
    files: Object.entries({ ...used, ...sources }).map(([path, source]) => ({
      path,
      isTest: path.includes('.test.'),
      imports: importsOf(path, source),
    })),
    sharedDevDependencies: ['vitest'],
    isExcepted: () => false,
    ...changes,
  })
}

describe('package boundaries', () => {
  test('imports along the allowed arrows pass', () => {
    expect(problemsOf({ 'packages/rpc/src/a.ts': `export { x } from '@holon/contract'; import './b.ts'` })).toEqual([])
  })

  test('an import against the arrow is refused, in values and in types', () => {
    const problems = problemsOf({
      'packages/contract/src/a.ts': `import type { Client } from '@holon/rpc'\nexport const later = () => import('@holon/rpc')`,
    })
    expect(problems).toHaveLength(2)
    expect(problems[0]).toMatch(/^packages\/contract\/src\/a\.ts:1 imports @holon\/rpc, which @holon\/contract may not/)
    expect(problems[1]).toMatch(/^packages\/contract\/src\/a\.ts:2 /)
  })

  test('the tests of a package may look at it from above, where the map says so; what ships may not', () => {
    const files = { 'packages/contract/src/a.test.ts': `import '@holon/rpc'` }
    const above = { ...contract, manifest: { ...contract.manifest, devDependencies: { '@holon/rpc': '0.1.0' } } }
    const changes = { forTests: { contract: ['rpc'] }, workspaces: [above, rpc, shop] }
    expect(problemsOf(files, changes)).toEqual([])
    expect(problemsOf(files, { ...changes, forTests: {} })).toHaveLength(2)
    expect(problemsOf({ 'packages/contract/src/a.ts': `import '@holon/rpc'` }, changes)).toHaveLength(1)
  })

  test('a relative import that leaves its package is refused', () => {
    const [problem] = problemsOf({ 'packages/rpc/src/a.ts': `import { x } from '../../contract/src/x.ts'` })
    expect(problem).toContain('leaves the package')
  })

  test('a dependency must be declared by the package that imports it; tests may use the shared ones', () => {
    const [problem, ...rest] = problemsOf({
      'packages/rpc/src/a.ts': `import { pack } from 'msgpackr/pack'`,
      'packages/rpc/src/a.test.ts': `import { test } from 'vitest'`,
    })
    expect(problem).toBe(
      'packages/rpc/src/a.ts:1 imports msgpackr, which packages/rpc/package.json does not declare: npm i -w packages/rpc msgpackr',
    )
    expect(rest).toEqual([])
  })

  test('source that ships may not use a development dependency', () => {
    expect(problemsOf({ 'packages/rpc/src/a.ts': `import { test } from 'vitest'` })).toHaveLength(1)
  })

  test('a declared dependency that nothing imports is refused', () => {
    const idle = {
      folder: 'packages/rpc',
      manifest: { ...rpc.manifest, dependencies: { ...rpc.manifest.dependencies, ws: '8' } },
    }
    expect(problemsOf({}, { workspaces: [contract, idle, shop] })).toEqual([
      'packages/rpc/package.json declares ws, which nothing there imports: remove it',
    ])
  })

  test('a cycle among the allowed arrows is named', () => {
    const problems = problemsOf({}, { allowed: { contract: ['rpc'], rpc: ['contract'], holon: [] } })
    expect(problems).toContain('package-graph.json has a cycle: contract → rpc → contract')
  })

  test('a package without a line in the graph is refused', () => {
    const stray = { folder: 'packages/extra', manifest: { name: '@holon/extra' } }
    expect(problemsOf({}, { workspaces: [contract, rpc, shop, stray] })).toEqual([
      "packages/extra: '@holon/extra' has no line in scripts/package-graph.json",
    ])
  })

  test('an example may import what it declares', () => {
    expect(problemsOf({ 'examples/shop/holon.config.ts': `import { defineApp } from 'holon'` })).toEqual([])
    expect(problemsOf({ 'examples/shop/a.ts': `import { createClient } from '@holon/rpc'` })).toHaveLength(1)
  })
})

test('the package of a specifier is its name without the subpath; built-in and relative ones have none', () => {
  expect(['@holon/data/sqlite', 'zod/mini', 'node:fs', 'fs', './a.ts', '#own'].map(packageNameOf)).toEqual([
    '@holon/data',
    'zod',
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})
