import { systemPlatform } from '@holon/runtime/system-platform'
import { readAdminAccess } from '@holon/supervisor'

import { CommandFailure, exitCodes } from './exit-code.ts'

const timeoutMs = 5_000

/**
 * Asks the supervisor that runs with this data folder.
 *
 * @throws CommandFailure if none does.
 */
export async function askSupervisor(dataFolder: string, path: '/api/status' | '/api/registry'): Promise<unknown> {
  const access = readAdminAccess(dataFolder)
  const notRunning = `No app runs with the data in ${dataFolder}. Start it with 'holon start' or 'holon dev'.`
  if (access === undefined) throw new CommandFailure(exitCodes.notRunning, notRunning)
  const giveUp = new AbortController()
  const timer = systemPlatform().setTimer(() => giveUp.abort(), timeoutMs)
  const response = await fetch(`${access.url}${path}`, {
    headers: { authorization: `Bearer ${access.token}` },
    signal: giveUp.signal,
  }).catch(() => {
    // What a run that was killed has left behind.
    const silent = `Process ${access.pid} does not answer at ${access.url} within ${timeoutMs / 1_000} s.`
    throw new CommandFailure(exitCodes.notRunning, giveUp.signal.aborted ? silent : notRunning)
  })
  timer.cancel()
  if (response.ok) return response.json()
  throw new CommandFailure(
    exitCodes.notRunning,
    `${access.url} is no longer the supervisor of this app (${response.status}).`,
  )
}
