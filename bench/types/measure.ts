// npm run bench:types: how long the compiler takes for a large app that uses the packages as they are published. Every
// TypeScript that is named is measured (`-- --typescript <folder of the package>`, more than once); without any, the
// repository's. `--services 100 --operations 20` is the default. Each is measured with as many checkers as it takes by
// itself (4), which work out some types once each, and with one. Not part of the suites: it has no peers.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { generateApp } from './generate-app.ts'

const root = join(import.meta.dirname, '../..')
const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '100' },
    operations: { type: 'string', default: '20' },
    typescript: { type: 'string', multiple: true, default: [join(root, 'node_modules/typescript')] },
  },
})

/** What the app and the published packages have their types from. */
const thirdParty = ['zod', 'kysely', 'undici-types', '@types/node', '@standard-schema/spec']

const compilerOptions = {
  target: 'es2024',
  lib: ['es2024', 'esnext.disposable'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
  // What is linked here is found here, and not in this repository, where packages are sources.
  preserveSymlinks: true,
}

function prepare(folder: string): void {
  const built = join(folder, 'built')
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.ts'), '--out', built], { stdio: 'inherit' })
  if (status !== 0) throw new Error('The packages could not be built.')
  generateApp(folder, { services: Number(values.services), operations: Number(values.operations) })
  const modules = join(folder, 'node_modules')
  const link = (target: string, name: string): void => {
    mkdirSync(join(modules, name, '..'), { recursive: true })
    symlinkSync(target, join(modules, name))
  }
  for (const name of readdirSync(built)) link(join(built, name), name === 'holon' ? name : `@holon/${name}`)
  for (const name of thirdParty) link(join(root, 'node_modules', name), name)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  const include = ['app.config.ts', 'service*/*.ts']
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }))
}

function measure(folder: string, typescript: string, checkers: readonly string[]): string {
  const { version } = JSON.parse(readFileSync(join(typescript, 'package.json'), 'utf8')) as { version: string }
  const started = performance.now()
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--max-old-space-size=4096', join(typescript, 'bin/tsc'), '-p', folder, '--extendedDiagnostics', ...checkers],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`TypeScript ${version} has complaints:\n${stdout.slice(0, 4000)}`)
  const seconds = (performance.now() - started) / 1000
  const types = /^Types:\s+(\d+)/m.exec(stdout)?.[1] ?? '?'
  const memory = /^Memory used:\s+(\d+)K/m.exec(stdout)?.[1] ?? '?'
  const how = `${version} ${checkers.join(' ')}`
  return `TypeScript ${how.padEnd(20)} ${seconds.toFixed(1).padStart(6)} s   ${types} types   ${Math.round(Number(memory) / 1024)} MB`
}

const folder = mkdtempSync(join(tmpdir(), 'holon-types-'))
try {
  prepare(folder)
  console.log(`${values.services} services of ${values.operations} operations`)
  for (const typescript of values.typescript)
    for (const checkers of [[], ['--checkers', '1']]) console.log(measure(folder, resolve(typescript), checkers))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
