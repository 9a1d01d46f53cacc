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
