import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { systemPlatform } from '@holon/contract/system-platform'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { type FileWatch, watchFiles } from './file-watch.ts'

let folder: string
let watch: FileWatch
let seen: string[]

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'holon-watch-')))
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'service.ts'), '1')
  seen = []
  watch = await watchFiles({
    folder,
    ignoredFolder: join(folder, 'data'),
    platform: systemPlatform(),
    onChange: (files) => seen.push(...files.map((file) => file.slice(folder.length + 1))),
    onError: (error) => seen.push(String(error)),
  })
})

afterEach(async () => {
  await watch.close()
  rmSync(folder, { recursive: true })
})

const write = (name: string): void => writeFileSync(join(folder, name), '2')

test.each([
  ['service.ts~'],
  ['.service.ts.swp'],
  ['.service.ts.swx'],
  ['4913'],
  ['sedAb12cD'],
  ['.#service.ts'],
  ['#service.ts#'],
  ['service.ts___jb_tmp___'],
  ['.goutputstream-ABC123'],
  ['service.ts.tmp'],
  ['service.ts.tmp.4711'],
  ['data/file.ts'],
])("an editor's temporary file is no change: %s", async (name) => {
  write(name)
  write('last.ts')
  await expect.poll(() => seen).toContain('last.ts')
  expect(seen).toEqual(['last.ts'])
})

test('what comes and goes within a moment is no change, whatever its name, and what takes the place of a file is one', async () => {
  write('unheard-of')
  // Long enough to be seen, and short enough to be seen together with what follows.
  await sleep(50)
  rmSync(join(folder, 'unheard-of'))
  await sleep(50)
  write('beside')
  renameSync(join(folder, 'beside'), join(folder, 'service.ts'))
  await expect.poll(() => seen).toContain('service.ts')
  expect(seen).toEqual(['service.ts'])
})

test('a file that is removed, and one with a name like those of editors, is a change', async () => {
  rmSync(join(folder, 'service.ts'))
  for (const name of ['sedation.ts', '4913.ts', 'temporary.ts', 'swp.ts']) write(name)
  await expect.poll(() => seen.toSorted()).toEqual(['4913.ts', 'sedation.ts', 'service.ts', 'swp.ts', 'temporary.ts'])
})
