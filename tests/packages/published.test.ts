import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { build } from '../support/packages/published.ts'

const folder = mkdtempSync(join(tmpdir(), 'holon-built-'))
const built = join(folder, 'built')

beforeAll(() => {
  build(built)
  const work = join(folder, 'work')
  cpSync(built, work, { recursive: true })
  // One npm for all packages: each on its own would take a second.
  writeFileSync(join(work, 'package.json'), JSON.stringify({ private: true, workspaces: ['*'] }))
  execFileSync('npm', ['pack', '--workspaces', '--silent', '--pack-destination', folder], { cwd: work })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function hashes(base: string): Readonly<Record<string, string>> {
  const files = globSync('**/*', { cwd: base, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).toSorted()
  const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')
  return Object.fromEntries(paths.map((path) => [path.slice(base.length), hash(path)]))
}

test('two builds are the same bytes, wherever they are made', () => {
  const again = join(folder, 'elsewhere/again')
  build(again)
  expect(Object.keys(hashes(again)).length).toBeGreaterThan(500)
  expect(hashes(again)).toEqual(hashes(built))
})

test('nothing is shipped that only this repository needs', () => {
  const odd = globSync('**/*', { cwd: built }).filter((path) =>
    /\.test\.|\.test-d\.|fixtures|tsconfig|api\.md/.test(path),
  )
  expect(odd).toEqual([])
})

interface SourceMap {
  readonly sources: readonly string[]
  readonly sourcesContent?: readonly (string | null)[]
}

test('every map leads to a source that is shipped, or holds it', () => {
  const maps = globSync('**/*.map', { cwd: built })
  expect(maps.length).toBeGreaterThan(200)
  for (const path of maps) {
    const { sources, sourcesContent = [] } = JSON.parse(readFileSync(join(built, path), 'utf8')) as SourceMap
    const lost = sources.filter(
      (source, index) => typeof sourcesContent[index] !== 'string' && !existsSync(join(built, path, '..', source)),
    )
    expect({ path, lost }).toEqual({ path, lost: [] })
  }
})

const packages = readdirSync(join(import.meta.dirname, '../../packages'))

describe.each(packages)('%s', (name) => {
  const packed = (): Uint8Array<ArrayBuffer> => {
    const [file = ''] = globSync(
      name === 'holon' || name.startsWith('create-') ? `${name}-[0-9]*.tgz` : `holon-${name}-*.tgz`,
      { cwd: folder },
    )
    return new Uint8Array(readFileSync(join(folder, file)))
  }

  test('is packed as publint wants it', async () => {
    const tarball = packed().buffer
    const { messages } = await publint({ level: 'suggestion', strict: true, pack: { tarball } })
    expect(messages).toEqual([])
  })

  test('gives the types of what it runs', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(packed()), { excludeEntrypoints: [/\.sh$/] })
    if (analysis.types === false) throw new Error(`${name} has no types.`)
    // ES modules only: `require` of them is Node's own since 22.12, and resolution as before exports is not served.
    const problems = analysis.problems.filter(
      (problem) =>
        !('resolutionKind' in problem && ['node10', 'node16-cjs'].includes(problem.resolutionKind)) &&
        problem.kind !== 'CJSResolvesToESM',
    )
    expect(problems).toEqual([])
  })
})
