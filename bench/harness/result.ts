// What a run leaves behind, as JSON: everything that is needed to judge it or to draw it anew, and every raw round.

export const suiteNames = ['rpc', 'gateway', 'app', 'startup', 'shop', 'events'] as const
export type SuiteName = (typeof suiteNames)[number]

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly kernel: string
  readonly os: string
  readonly node: string
  /** Whether processes were pinned to cores with taskset. */
  readonly pinned: boolean
}

export interface VariantInfo {
  readonly name: string
  readonly title: string
  /** What it leaves out or does differently, in a few words; printed in the table. */
  readonly note?: string
}

export interface CellInfo {
  readonly name: string
  readonly title: string
}

/** One measured window. Figures by name (see `figures.ts`); absent where the variant has none. */
export interface Measurement {
  readonly variant: string
  readonly cell: string
  readonly round: number
  readonly at: string
  readonly figures: Readonly<Record<string, number>>
  /** Calls that failed inside the window. Not zero: the cell is invalid. */
  readonly errors: number
  /** The fixed piece of computing before and after the window, in ms: the slower one. */
  readonly canaryMs: number
  /** CPU that others used during the window, in cores. */
  readonly foreignCores: number
  readonly disturbed: boolean
  /** Measured again because it was disturbed; kept here, not counted. */
  readonly superseded?: true
}

export interface Failure {
  readonly variant: string
  readonly cell: string
  readonly round: number
  readonly message: string
}

export interface Missing {
  readonly variant: string
  readonly reason: string
}

export interface SuiteResult {
  readonly format: 1
  readonly suite: SuiteName
  readonly quick: boolean
  readonly rounds: number
  readonly startedAt: string
  readonly finishedAt: string
  readonly machine: Machine
  /** The arguments of the run, and Node's own flags. */
  readonly command: readonly string[]
  readonly commit: { readonly id: string; readonly dirty: boolean }
  /** Versions of everything measured. */
  readonly versions: Readonly<Record<string, string>>
  readonly method: readonly string[]
  readonly notMeasured: readonly string[]
  readonly variants: readonly VariantInfo[]
  readonly cells: readonly CellInfo[]
  readonly measurements: readonly Measurement[]
  readonly failures: readonly Failure[]
  readonly missing: readonly Missing[]
}
