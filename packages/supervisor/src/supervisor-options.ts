import type { Group } from '@holon/app'
import type { Provider } from '@holon/app/provider'
import type { Observer, Platform } from '@holon/contract'

import type { AppDescription } from './fleet/app-description.ts'
import type { DatabaseServer } from './fleet/kept-database.ts'

/** What `startSupervisor` takes. */
export interface SupervisorOptions {
  readonly platform: Platform
  readonly observer: Observer
  /** Process id of the supervisor. */
  readonly pid: number
  /** Reads the app's configuration as it is now. */
  readonly describe: (signal: AbortSignal) => Promise<AppDescription>
  /** Arguments of node that run a group. */
  readonly command: (group: Group) => readonly string[]
  /** Environment of all processes as it is now. */
  readonly environment: () => Readonly<Record<string, string | undefined>>
  /** Holds databases and what belongs to a run. Made if missing. */
  readonly dataFolder: string
  /** How instances reach each other. */
  readonly transport: 'unix' | 'tcp'
  /** Goes before the app's own gateway port. */
  readonly gatewayPort: number | undefined
  /** Address that the gateway listens on. */
  readonly gatewayHost: string
  /** 0 chooses a free port. */
  readonly adminPort: number
  /** Where the stores of services are; the embedded database server is asked last. */
  readonly providers: readonly Provider[]
  /** Starts the embedded database server; called when the first service needs it. */
  readonly startDatabase: (signal: AbortSignal) => Promise<DatabaseServer>
  /** Restart what a changed file concerns. */
  readonly watch: boolean
  /**
   * Takes each line that a process writes, with the name of what writes it; a stack on its error stream comes as one text
   * of several lines.
   */
  readonly onLine: (source: string, line: string) => void
}
