#!/usr/bin/env node
// The host of the `holon` command: the only place that reads the process, listens to signals and exits. Plain
// JavaScript that an old Node can parse, so that it can say what is wrong, or hand over to the right one.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const needed = [22, 18]
const entry = realpathSync(fileURLToPath(import.meta.url))
const modules = findUpwards('node_modules')
const compileCache = modules && join(modules, '.cache', 'holon')

if (isRecent(process.versions.node)) await runHere()
else handOver()

function isRecent(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > needed[0] || (major === needed[0] && minor >= needed[1])
}

/** The first `<folder>/<path>` that exists, from here and from the working directory upwards. */
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

/** Runs the command on the Node that npm has installed next to it. */
function handOver() {
  const node = findUpwards('node_modules/node/bin/node')
  if (node === undefined || process.env.HOLON_HANDED_OVER !== undefined) {
    process.stderr.write(
      `Holon needs Node ${needed.join('.')} or later; this is ${process.versions.node} (${process.execPath}).\n` +
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
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`${node} cannot be started: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code) => process.exit(code === null ? 1 : code))
}

async function runHere() {
  useCompileCache()
  const { runCommand } = await import('@holon/cli')
  // A reader that goes away (`holon ps | head -1`) is no failure.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const host = createHost()
  const code = await runCommand(host)
  // Not before what was written has reached a pipe.
  host.stdout.flush(() => host.stderr.flush(() => process.exit(code)))
}

/**
 * Keeps compiled code (and TypeScript with its types stripped) between starts: half the time to start, and 20 MB less in
 * every process. In node_modules, which belongs to whoever runs this, and not in the shared temporary directory.
 */
function useCompileCache() {
  if (compileCache !== undefined) module.enableCompileCache(compileCache)
}

function createHost() {
  const handedOver = process.env.HOLON_HANDED_OVER !== undefined
  // Not for the processes that this one starts.
  delete process.env.HOLON_HANDED_OVER
  return {
    arguments: process.argv.slice(2),
    environment: process.env,
    folder: process.cwd(),
    entry,
    pid: process.pid,
    stdout: toOutput(process.stdout),
    stderr: toOutput(process.stderr),
    keepStdoutClean: () => {
      process.stdout.write = process.stderr.write.bind(process.stderr)
    },
    compileCache,
    onSignal: (listener) => {
      if (handedOver) process.on('disconnect', () => listener('SIGTERM'))
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, listener)
    },
    parent: process.connected && !handedOver ? toParent() : undefined,
    exit: (code) => process.exit(code),
    saveCompileCache: () => module.flushCompileCache(),
  }
}

function toOutput(stream) {
  const write = stream.write.bind(stream)
  return {
    write: (text) => void write(text),
    flush: (done) => void write('', done),
    isTerminal: stream.isTTY === true,
  }
}

function toParent() {
  return {
    send: (message) => new Promise((resolve) => process.send(message, undefined, {}, () => resolve())),
    onMessage: (listener) => process.on('message', listener),
    onClose: (listener) => process.on('disconnect', listener),
  }
}
