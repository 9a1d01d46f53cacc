// `npm run verify`: every check that CI makes, one after the other, to the end even when one fails.
// `npm run verify -- types docs` runs only those; `npm run verify -- --except tests` all others.
import { spawnSync } from 'node:child_process'

import { readManifest, root } from './workspaces.ts'

const prefix = 'verify:'
const scripts = Object.keys(readManifest(root).scripts ?? {}).filter((name) => name.startsWith(prefix))
const all = scripts.map((name) => name.slice(prefix.length))

/** The checks that the arguments select, in the order of package.json. */
function select(args: readonly string[]): readonly string[] {
  const except = args[0] === '--except'
  const named = except ? args.slice(1) : args
  const unknown = named.filter((name) => !all.includes(name))
  if (unknown.length > 0) throw new Error(`There is no check '${unknown.join("', '")}'. There are: ${all.join(', ')}.`)
  if (named.length === 0) return all
  return all.filter((name) => named.includes(name) !== except)
}

interface Outcome {
  readonly name: string
  readonly passed: boolean
  readonly seconds: string
}

function runCheck(name: string): Outcome {
  console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 60 - name.length))}`)
  const started = performance.now()
  const { status } = spawnSync('npm', ['run', '--silent', `${prefix}${name}`], { cwd: root, stdio: 'inherit' })
  return { name, passed: status === 0, seconds: ((performance.now() - started) / 1000).toFixed(1) }
}

const outcomes = select(process.argv.slice(2)).map(runCheck)
console.log('')
for (const { name, passed, seconds } of outcomes) {
  console.log(`${passed ? '✓' : '✗'} ${name.padEnd(14)} ${seconds.padStart(7)} s`)
}
const failed = outcomes.filter(({ passed }) => !passed)
console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.map(({ name }) => name).join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
