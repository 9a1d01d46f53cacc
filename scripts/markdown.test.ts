import { expect, test } from 'vitest'

import { type Page, parsePage } from './markdown.ts'
import { type LinkWorld, linkProblems } from './page-links.ts'
import { lightProblems } from './page-snippets.ts'

function worldOf(sources: Readonly<Record<string, string>>, files: readonly string[] = []): LinkWorld {
  const pages = new Map<string, Page>(Object.entries(sources).map(([path, source]) => [path, parsePage(source)]))
  return { pages, exists: (path) => pages.has(path) || files.includes(path), folders: ['docs', 'packages'] }
}

test('links to files, folders and headings that are there pass', () => {
  const world = worldOf(
    {
      'README.md':
        '# A\n[b](docs/b.md) [c](docs/b.md#the-code-of-rpc) [d](#a) [e](https://example.org/x) `packages/rpc`',
      'docs/b.md': '## The `code` of [rpc](../packages/rpc)\n',
    },
    ['packages/rpc'],
  )
  expect([...linkProblems('README.md', world), ...linkProblems('docs/b.md', world)]).toEqual([])
})

test('a dead link, a dead anchor and a dead path are each named with their line', () => {
  const world = worldOf({ 'README.md': '# A\n[b](docs/b.md)\n[c](#nowhere)\n`packages/gone/src/a.ts`\n[d](../out.md)' })
  expect(linkProblems('README.md', world)).toEqual([
    'README.md:2 links to docs/b.md, which is not there',
    'README.md:3 links to #nowhere, but README.md has no heading #nowhere',
    'README.md:5 links to ../out.md, which is outside the repository',
    'README.md:4 names `packages/gone/src/a.ts`, which is not there',
  ])
})

test('links inside code are no links, and patterns are no paths', () => {
  const world = worldOf({ 'README.md': '`[a](b.md)` `packages/<name>` `packages/*/src`\n```md\n[a](b.md)\n```\n' })
  expect(linkProblems('README.md', world)).toEqual([])
})

test('broken JSON, broken shell, unknown npm scripts and ignored snippets without a reason are refused', () => {
  const page = parsePage(
    [
      '```json',
      '{ a: 1 }',
      '```',
      '```sh',
      'if true',
      '```',
      '```sh',
      'npm run nope',
      '```',
      '```ts ignore',
      'x',
      '```',
    ].join('\n'),
  )
  const problems = lightProblems('a.md', page, ['test'])
  expect(problems.map((problem) => problem.slice(0, 14))).toEqual([
    'a.md:2 is not ',
    'a.md:5 is not ',
    'a.md:8 says np',
    'a.md:11 ignore',
  ])
})
