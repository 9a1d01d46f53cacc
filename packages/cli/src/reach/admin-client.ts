import { fieldOf, messageOf } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { readAdminAccess } from '@holon/supervisor'

import { CommandFailure, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { ownName } from '../output/own-name.ts'

const timeoutMs = 5_000

/**
 * Asks the supervisor that runs with this data folder.
 *
 * @throws CommandFailure if none does.
 */
export async function askSupervisor(
  { environment }: Pick<Host, 'environment'>,
  dataFolder: string,
  path: '/api/status' | '/api/registry',
): Promise<unknown> {
  const access = readAdminAccess(dataFolder)
  const holon = ownName(environment)
  const notRunning = `No app runs with the data in ${dataFolder}. Start it with '${holon} start' or '${holon} dev'.`
  if (access === undefined) throw new CommandFailure(exitCodes.notRunning, notRunning)
  const giveUp = new AbortController()
  const timer = systemPlatform().setTimer(() => giveUp.abort(), timeoutMs)
  const response = await fetch(`${access.url}${path}`, {
    headers: { authorization: `Bearer ${access.token}` },
    signal: giveUp.signal,
  }).catch((error: unknown) => {
    const silent = `Process ${access.pid} does not answer at ${access.url} within ${timeoutMs / 1_000} s.`
    if (giveUp.signal.aborted) throw new CommandFailure(exitCodes.notRunning, silent)
    // What a run that was killed has left behind: nobody listens.
    const cause = causeOf(error)
    if (cause === 'ECONNREFUSED') throw new CommandFailure(exitCodes.notRunning, notRunning)
    const broken = `Process ${access.pid} cannot be asked at ${access.url}: ${cause}.`
    throw new CommandFailure(exitCodes.notRunning, broken)
  })
  timer.cancel()
  if (response.ok) return response.json()
  throw new CommandFailure(
    exitCodes.notRunning,
    `${access.url} is no longer the supervisor of this app (${response.status}).`,
  )
}

/** `fetch` itself only says that it failed. */
function causeOf(error: unknown): string {
  const cause = fieldOf(error, 'cause') ?? error
  const code = fieldOf(cause, 'code')
  return typeof code === 'string' ? code : messageOf(cause)
}
