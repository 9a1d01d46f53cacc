import { type ChildProcess, execFile, type ExecFileOptions, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

import { messageOf } from '@holon/contract'
import { ServiceError } from '@holon/contract/error'

const runFile = promisify(execFile)

/**
 * How PostgreSQL's programs are started. They refuse to run as root.
 *
 * - `direct`: as the user that we are.
 * - `user-namespace`: root, but in a user namespace where its id has another number. Files stay root's, so this works
 *   below directories that only root may enter.
 * - `other-user`: as an unprivileged user, to whom the data then belongs. For containers that forbid user namespaces.
 */
export type RunAs = 'direct' | 'user-namespace' | 'other-user'

/** A user of this machine other than root. */
interface Account {
  readonly uid: number
  readonly gid: number
}

export interface Launcher {
  readonly runAs: RunAs
  /** Who owns the data, seen from outside of any namespace; undefined: whoever we are. */
  readonly owner: Account | undefined
  /** Runs a program to its end. Rejects with its output if it fails. */
  run(program: string, args: readonly string[]): Promise<void>
  /** Rejects unless the user that programs run as can enter `directory`. */
  checkReach(directory: string): Promise<void>
  /** Starts a program that keeps running, in a session of its own: Ctrl-C in a terminal is for us, not for it. */
  spawn(program: string, args: readonly string[]): ChildProcess
}

const longestRunMs = 120_000
// Neither PGPORT and its like nor a locale of the user's may change what the server does.
const environment = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' }

/** The first way of starting `program` that works here, tried with `--version`. */
export async function chooseLauncher(program: string, runAs?: RunAs): Promise<Launcher> {
  const ways = runAs ? [runAs] : defaultWays()
  const failures: string[] = []
  for (const way of ways) {
    const launcher = await createLauncher(way)
    const failure = await launcher.run(program, ['--version']).then(
      () => undefined,
      (error: unknown) => messageOf(error).trim(),
    )
    if (failure === undefined) return launcher
    failures.push(`  ${way}: ${failure}`)
  }
  throw new ServiceError(
    'failed_precondition',
    `The embedded PostgreSQL cannot be started from ${program}:\n${failures.join('\n')}\n${remedy(ways)}`,
  )
}

function defaultWays(): readonly RunAs[] {
  if (process.getuid?.() !== 0) return ['direct']
  return process.platform === 'linux' ? ['user-namespace', 'other-user'] : ['other-user']
}

function remedy(ways: readonly RunAs[]): string {
  if (!ways.includes('other-user')) return 'Is the file there, and for this kind of machine?'
  return rootRemedy
}

const rootRemedy =
  'PostgreSQL does not run as root. Do one of these: run as another user; allow user namespaces; let every user enter the ' +
  'directories above it (chmod o+x); or give the services the URL of an external PostgreSQL.'

function unreachable(directory: string, cause: unknown): ServiceError {
  const message = `The embedded PostgreSQL runs as an unprivileged user, who cannot enter ${directory}.\n${rootRemedy}`
  return new ServiceError('failed_precondition', message, { cause })
}

async function createLauncher(runAs: RunAs): Promise<Launcher> {
  const account = runAs === 'direct' ? undefined : await findAccount()
  const prefix =
    runAs === 'user-namespace' && account
      ? ['unshare', '--user', `--map-user=${account.uid}`, `--map-group=${account.gid}`, '--']
      : []
  const owner = runAs === 'other-user' ? account : undefined
  const options: ExecFileOptions & { readonly env: Record<string, string> } = { env: environment, cwd: '/', ...owner }
  const command = (program: string, args: readonly string[]): [string, string[]] => {
    const [first = program, ...rest] = [...prefix, program, ...args]
    return [first, rest]
  }
  const run = async (program: string, args: readonly string[]): Promise<void> => {
    await runFile(...command(program, args), { ...options, timeout: longestRunMs })
  }
  return {
    runAs,
    owner,
    run,
    checkReach: async (directory) => {
      // Everybody else has just made the directory themselves.
      if (owner)
        await run('test', ['-x', directory]).catch((cause: unknown) => Promise.reject(unreachable(directory, cause)))
    },
    spawn: (program, args) =>
      spawn(...command(program, args), { ...options, detached: true, stdio: ['ignore', 'ignore', 'pipe'] }),
  }
}

/** `postgres` if there is one, else `nobody`, else any. initdb insists that the id belongs to a named user. */
async function findAccount(): Promise<Account> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  const accounts = lines
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0)
  const found =
    accounts.find(({ name }) => name === 'postgres') ?? accounts.find(({ name }) => name === 'nobody') ?? accounts[0]
  if (found) return { uid: found.uid, gid: found.gid }
  throw new ServiceError('failed_precondition', 'PostgreSQL does not run as root, and /etc/passwd names no other user.')
}
