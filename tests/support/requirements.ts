import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Something that tests use and npm cannot install. */
export interface Requirement {
  readonly name: RequirementName
  /** Where it was found on this machine; undefined when it is missing. */
  readonly path: string | undefined
  /** The command that provides it. */
  readonly remedy: string
}

interface Lookup {
  /** Names the executable itself and wins over the search. */
  readonly variable: string
  readonly executables: readonly string[]
  /** The Debian packages that bring it. */
  readonly packages: readonly string[]
}

export type RequirementName = 'chromium'

export const lookups: Readonly<Record<RequirementName, Lookup>> = {
  chromium: {
    variable: 'CHROMIUM_PATH',
    executables: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    packages: ['chromium'],
  },
}

/** Looks for a requirement: in its environment variable, then on the PATH. */
export function requires(name: RequirementName): Requirement {
  const { variable, executables } = lookups[name]
  const named = process.env[variable]
  const searched = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => executables.map((executable) => join(folder, executable)))
  const candidates = named === undefined || named === '' ? searched : [named]
  return { name, path: candidates.find(isExecutable), remedy: `npm run services -- install ${name}` }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
