#!/usr/bin/env node
// The `holon` command. Plain JavaScript that an old Node can parse, so that it can say what is wrong, or hand over to
// the Node that npm has installed next to it.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const needed = { major: 22, minor: 18 }
const entry = realpathSync(fileURLToPath(import.meta.url))

if (isRecent()) {
  // Keeps compiled (and type-stripped) modules between starts: each process starts sooner and needs some 25 MB less. In
  // node_modules, which belongs to whoever runs this, and not in the temporary directory that all users share.
  // NODE_COMPILE_CACHE names another folder, NODE_DISABLE_COMPILE_CACHE=1 turns it off.
  const modules = findUpwards('node_modules')
  const cache = process.env.NODE_COMPILE_CACHE ?? (modules && join(modules, '.cache', 'holon'))
  if (cache !== undefined) nodeModule.enableCompileCache(cache)
  const { runProcess } = await import('holon/command')
  runProcess(entry, cache)
} else {
  handOver()
}

function isRecent() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > needed.major || (major === needed.major && minor >= needed.minor)
}

/**
 * The first `<folder>/<path>` that exists, from the working directory and from here upwards.
 *
 * @param {string} path
 */
function findUpwards(path) {
  for (const start of [process.cwd(), dirname(entry)]) {
    for (let folder = start; ; folder = dirname(folder)) {
      const candidate = join(folder, path)
      if (existsSync(candidate)) return candidate
      if (folder === dirname(folder)) break
    }
  }
  return undefined
}

/** Runs the command on the Node of the npm package `node`. */
function handOver() {
  const node = findUpwards(join('node_modules', 'node', 'bin', 'node'))
  if (node === undefined || process.env.HOLON_HANDED_OVER !== undefined) {
    process.stderr.write(
      `Holon needs Node ${needed.major}.${needed.minor} or later; this is ${process.versions.node} (${process.execPath}).\n` +
        'Install a newer Node, or add one to your project: npm install --save-dev node@24\n',
    )
    process.exit(1)
  }
  const child = spawn(node, [entry, ...process.argv.slice(2)], {
    // Over the channel the other one notices when this one is killed.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, HOLON_HANDED_OVER: '1' },
  })
  // A terminal sends Ctrl-C to both; what is sent to this process alone is for the other one.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGHUP', () => child.kill('SIGHUP'))
  // Below `npm start`, the end of npm's shell counts as SIGTERM; see `watchParent` in src/command.ts.
  const parent = process.ppid
  const look = () => process.ppid === parent || child.kill('SIGTERM')
  if (process.env.npm_lifecycle_event !== undefined) setInterval(look, 500).unref()
  child.on('error', (error) => {
    process.stderr.write(`${node} cannot be started: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code) => process.exit(code ?? 1))
}
