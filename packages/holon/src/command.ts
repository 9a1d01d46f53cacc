import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'

import type { Host, Output, ParentChannel } from '@holon/cli'
import { systemPlatform } from '@holon/runtime/system-platform'

/**
 * Runs the `holon` command in this process and ends the process: the only place that reads the process, listens to its
 * signals and exits.
 *
 * @param entry Path of the program, for the processes that run parts of the command.
 * @param modules The `node_modules` folder that compiled code may be kept in.
 */
export function runProcess(entry: string, modules: string | undefined): void {
  const compileCache = modules === undefined ? undefined : join(modules, '.cache', 'holon')
  // Keeps compiled code, and TypeScript with its types stripped, between starts: half the time to start, and 20 MB less
  // in every process. In node_modules, which belongs to whoever runs this, and not in the shared temporary directory.
  if (compileCache !== undefined) enableCompileCache(compileCache)
  // A reader that goes away (`holon ps | head -1`) is no failure.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const [stdout, stderr] = [toOutput(process.stdout), toOutput(process.stderr)]
  const host = createHost({ entry, compileCache, stdout, stderr })
  void runLoaded(host).then((code) => {
    // Not before what was written has reached a pipe.
    stdout.flush(() => stderr.flush(() => process.exit(code)))
  })
}

async function runLoaded(host: Host): Promise<number> {
  // After the cache has been switched on, so that it serves the command too.
  const { runCommand } = await import('@holon/cli')
  return runCommand(host)
}

interface FlushableOutput extends Output {
  flush(done: () => void): void
}

interface HostParts {
  readonly entry: string
  readonly compileCache: string | undefined
  readonly stdout: FlushableOutput
  readonly stderr: FlushableOutput
}

function createHost({ entry, compileCache, stdout, stderr }: HostParts): Host {
  const handedOver = process.env['HOLON_HANDED_OVER'] !== undefined
  // Not for the processes that this one starts.
  delete process.env['HOLON_HANDED_OVER']
  return {
    arguments: process.argv.slice(2),
    environment: process.env,
    folder: process.cwd(),
    entry,
    pid: process.pid,
    stdout,
    stderr,
    keepStdoutClean() {
      process.stdout.write = process.stderr.write.bind(process.stderr)
    },
    compileCache,
    onSignal(listener) {
      if (handedOver) process.on('disconnect', () => listener('SIGTERM'))
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, listener)
      if (process.env['npm_lifecycle_event'] !== undefined) watchParent(() => listener('SIGTERM'))
    },
    parent: process.connected && !handedOver ? parentChannel() : undefined,
    exit: (code) => process.exit(code),
    saveCompileCache: () => flushCompileCache(),
  }
}

const lookEveryMs = 500

/**
 * `npm start` passes SIGTERM on to its shell, and shells do not pass it on to us: they just end. Whoever stops npm means
 * the app, so the end of the shell counts as the signal.
 */
function watchParent(onGone: () => void): void {
  const platform = systemPlatform()
  const parent = process.ppid
  const look = (): void => {
    if (process.ppid === parent) platform.setTimer(look, lookEveryMs).unref()
    else onGone()
  }
  look()
}

function toOutput(stream: NodeJS.WriteStream): FlushableOutput {
  const write = stream.write.bind(stream)
  return {
    write: (text) => void write(text),
    flush: (done) => void write('', () => done()),
    isTerminal: stream.isTTY,
  }
}

function parentChannel(): ParentChannel {
  return {
    send: (message) =>
      new Promise((resolve) => {
        if (process.send === undefined || !process.connected) resolve()
        else process.send(message, undefined, {}, () => resolve())
      }),
    onMessage: (listener) => void process.on('message', listener),
    onClose: (listener) => void process.on('disconnect', listener),
  }
}
