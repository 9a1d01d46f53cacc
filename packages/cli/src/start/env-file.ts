import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

import { fieldOf } from '@holon/contract'
import { systemReason } from '@holon/contract/system-reason'

import { CommandFailure, exitCodes } from '../exit-code.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The real environment, over what `.env` in `folder` says (undefined: no such file is read). */
export function readEnvironment(environment: Environment, folder: string | undefined): Environment {
  return folder === undefined ? environment : { ...readEnvFile(join(folder, '.env')), ...environment }
}

/**
 * What the command line itself goes by: the same, except for the data folder, which every command must find by itself.
 *
 * @throws CommandFailure where only the file names that one.
 */
export function readSettings(environment: Environment, folder: string | undefined): Environment {
  const settings = readEnvironment(environment, folder)
  if (settings['HOLON_DATA'] === environment['HOLON_DATA'] || folder === undefined) return settings
  throw new CommandFailure(
    exitCodes.usage,
    `HOLON_DATA is '${settings['HOLON_DATA'] ?? ''}' in ${join(folder, '.env')}, where 'holon ps' and the other commands do not look. ` +
      'Set it in the shell, or use --data.',
  )
}

function readEnvFile(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (error) {
    if (fieldOf(error, 'code') === 'ENOENT') return {}
    const reason = systemReason(error)
    if (reason === undefined) throw error
    throw new CommandFailure(exitCodes.failed, `The variables in ${path} cannot be read: ${reason}`)
  }
}
