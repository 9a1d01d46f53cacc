import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createPlayground, type Finished, type Playground } from '../support/holon-process.ts'

const entry = fileURLToPath(new URL('../../packages/holon/bin/holon.js', import.meta.url))

let playground: Playground

beforeEach(() => {
  playground = createPlayground('trio')
})

afterEach(async () => {
  await playground.untilNothingRuns()
  await playground[Symbol.asyncDispose]()
})

/** Has a shell set something up before it becomes the command. */
function startIn(setUp: string, data: string): Promise<Finished> {
  const command = `${setUp} exec "${process.execPath}" "${entry}" start --data "${data}"`
  const shell = `process.exitCode = require('node:child_process').spawnSync('/bin/sh', ['-c', ${JSON.stringify(command)}], { stdio: 'inherit' }).status`
  return playground.runNode(['-e', shell])
}

const hasStack = /^ {4}at /m
const remedy = 'Choose another folder with --data or the environment variable HOLON_DATA.'

test('a data folder below a file is refused in a sentence', async () => {
  const file = join(playground.folder, 'file')
  writeFileSync(file, '')
  const { code, stderr } = await playground.run(['start', '--data', join(file, 'data')])
  expect(code).toBe(1)
  expect(stderr).toContain(`mkdir ${file}/data: a part of the path is a file, and no folder (ENOTDIR). ${remedy}`)
  expect(stderr).not.toMatch(hasStack)
})

test.runIf(process.platform === 'linux')('so is one that cannot be made where it is', async () => {
  const { code, stderr } = await playground.run(['start', '--data', '/proc/nowhere/data'])
  expect(code).toBe(1)
  expect(stderr).toContain(`mkdir /proc/nowhere: there is no such file or folder (ENOENT). ${remedy}`)
})

// Only root may mount, and not in every container.
const canMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0

test.runIf(canMount)('so is one on a read-only file system, or on a full disk', async () => {
  const disk = join(playground.folder, 'disk')
  mkdirSync(disk)
  const [readOnly, full] = ['mount -t tmpfs -o ro none', 'mount -t tmpfs -o size=4k none'].map((mount) =>
    playground.runNode([
      '-e',
      `process.exitCode = require('node:child_process').spawnSync('unshare', ['-m', '/bin/sh', '-c', ${JSON.stringify(
        `${mount} ${disk} && exec "${process.execPath}" "${entry}" start --data ${disk}/data`,
      )}], { stdio: 'inherit' }).status`,
    ]),
  )
  const first = await readOnly
  expect(first?.stderr).toContain(`mkdir ${disk}/data: the file system is read-only (EROFS). ${remedy}`)
  const second = await full
  expect(second?.stderr).toMatch(
    /in .*\/disk\/data cannot be used: .*(the disk is full|or is full) \(.*\)\. Choose another/,
  )
  for (const each of [first, second]) expect(each?.stderr).not.toMatch(hasStack)
})

test('with too few files to open it says so, and how many help', async () => {
  const { code, stderr, stdout } = await startIn('ulimit -n 30;', playground.data)
  expect(code).toBe(1)
  expect(stdout + stderr).toMatch(/\(EMFILE\)|may the process open more files/)
  expect(stdout + stderr).toContain('ulimit -n')
  expect(stdout + stderr).not.toMatch(/Unhandled|Emitted 'error' event/)
})

test('a .env that cannot be read is named', async () => {
  mkdirSync(join(playground.folder, '.env'))
  const { code, stderr } = await playground.run(['dev'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/\.env.*: it is a folder, and no file \(EISDIR\)/)
  expect(stderr).not.toMatch(hasStack)
})
