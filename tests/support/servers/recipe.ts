import type { RequirementName } from '../requirements.ts'

/** The servers that tests and benchmarks use beside the embedded Postgres. */
export type ServerName = Exclude<RequirementName, 'chromium' | 'script'>

/** Where one server lives: its folder and the loopback ports that are its own. */
export interface Place {
  /** What `requires` found: an executable, for Kafka the folder of its jars. */
  readonly found: string
  /** Configuration, data and logs. The server starts again on what it finds there. */
  readonly folder: string
  /** As many as the recipe asks for; clients use the first. */
  readonly ports: readonly number[]
}

export interface Command {
  readonly executable: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** How to run one kind of server. */
export interface Recipe {
  /** Its ports under `npm run services -- up`. */
  readonly fixedPorts: readonly [number, ...number[]]
  /** What clients connect to. */
  url(place: Place): string
  /** Writes the configuration and, the first time, the data folder. Runs before every start. */
  prepare(place: Place): void
  /** The processes in their order; the server itself is the last, the others serve it. */
  commands(place: Place): readonly [Command, ...Command[]]
  /** Sends bytes to the first port; the server is ready once the answer contains `answer`. */
  readonly probe: { readonly send?: Uint8Array; readonly answer: Uint8Array | string }
}

export const loopback = '127.0.0.1'

/** The first port, which clients use. */
export function clientPort({ ports }: Place): number {
  return portAt(ports, 0)
}

export function portAt(ports: readonly number[], index: number): number {
  const port = ports[index]
  if (port === undefined) throw new Error(`The recipe has no port number ${index}.`)
  return port
}
