/**
 * The `holon` command as a function, for the file that npm links as `holon`. Not for programs: `holon/host` is.
 *
 * @module
 */
import { flushCompileCache } from 'node:module'

import { runningCallsKey } from '@holon/app/instance-protocol'
import { type Host, type Output, type ParentChannel, runCommand } from '@holon/cli'
import { systemPlatform } from '@holon/contract/system-platform'

import { exceptLoopbackFromProxy } from './loopback-without-proxy.ts'
import { processMemory } from './process-memory.ts'

/**
 * Runs the `holon` command in this process and ends the process: the only place that reads the process, listens to its
 * signals and exits.
 *
 * @param entry Path of the program, for the processes that run parts of the command.
 * @param compileCache Where compiled code is kept between starts, for those processes too.
 */
export function runProcess(entry: string, compileCache: string | undefined): void {
  exceptLoopbackFromProxy(process.env)
  // A reader that goes away (`holon ps | head -1`) is no failure.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const [stdout, stderr] = [toOutput(process.stdout), toOutput(process.stderr)]
  const host = createHost({ entry, compileCache, stdout, stderr })
  void runCommand(host).then((code) => {
    // Not before what was written has reached a pipe.
    stdout.flush(() => stderr.flush(() => process.exit(code)))
  })
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
  // Not for the user's code, nor for what that starts.
  const linkSecret = process.env['HOLON_LINK_SECRET']
  delete process.env['HOLON_LINK_SECRET']
  return {
    arguments: process.argv.slice(2),
    environment: process.env,
    linkSecret,
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
    memory: processMemory(),
    // Loaded when it is needed: it takes a few milliseconds.
    isDebugged: () => process.getBuiltinModule('node:inspector').url() !== undefined,
    showRunningCalls: (calls) => void Object.defineProperty(globalThis, Symbol.for(runningCallsKey), { value: calls }),
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
