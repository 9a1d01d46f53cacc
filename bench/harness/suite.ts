import { Canary, watchForeign } from './canary.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { Progress } from './progress.ts'
import type { CellInfo, Failure, Measurement, Missing, SuiteName, SuiteResult, VariantInfo } from './result.ts'
import { findTool, missingTool, type Tool } from './tools.ts'

/** How long and how often is measured. */
export interface Settings {
  readonly quick: boolean
  readonly rounds: number
  readonly warmUpMs: number
  readonly windowMs: number
}

/** What one window gave. */
export interface Window {
  readonly figures: Readonly<Record<string, number>>
  readonly errors: number
}

/** Measures cells for a job; a cell is measured again, once, when the machine was disturbed meanwhile. */
export interface Recorder {
  /** `pids`: the processes that are measured, so that the CPU of all others is a disturbance. */
  measure(cell: string, pids: () => readonly number[], window: () => Promise<Window>): Promise<void>
}

/** Cells of one variant that are measured in the same fresh processes. */
export interface Job {
  readonly cells: readonly string[]
  run(recorder: Recorder, settings: Settings): Promise<void>
}

export interface Variant extends VariantInfo {
  /** Programs without which it cannot run. */
  readonly needs?: readonly Tool[]
  /** Why it cannot run here, if something else is missing. */
  readonly missing?: string
  readonly jobs: readonly Job[]
}

export interface Suite {
  readonly name: SuiteName
  readonly method: readonly string[]
  readonly notMeasured: readonly string[]
  readonly cells: readonly CellInfo[]
  readonly variants: readonly Variant[]
  readonly versions: () => Readonly<Record<string, string>>
  /** Called at the end, whatever happened: what variants share is ended here. */
  readonly close?: () => Promise<void>
}

export interface Selection {
  /** Names of variants, or beginnings of them; empty: all. */
  readonly variants: readonly string[]
  readonly cells: readonly string[]
}

interface Outcome {
  readonly measurements: Measurement[]
  readonly failures: Failure[]
}

/** Runs a suite: all jobs of all variants once a round, in reversed order every other round. */
export async function runSuite(suite: Suite, settings: Settings, selection: Selection): Promise<SuiteResult> {
  const startedAt = new Date().toISOString()
  const chosen = choose(suite.variants, selection.variants)
  const wanted = new Set(choose(suite.cells, selection.cells).map(({ name }) => name))
  const missing = chosen.flatMap((variant) => missingOf(variant))
  const present = chosen.filter(({ name }) => !missing.some(({ variant }) => variant === name))
  const runs = present.flatMap((variant) =>
    variant.jobs.flatMap((job) => {
      const cells = job.cells.filter((cell) => wanted.has(cell))
      return cells.length === 0 ? [] : [{ variant: variant.name, job, cells }]
    }),
  )
  for (const { variant, reason } of missing) console.error(`missing: ${variant}: ${reason}`)
  const progress = new Progress(settings.rounds * runs.reduce((sum, { cells }) => sum + cells.length, 0))
  const canary = new Canary()
  const outcome: Outcome = { measurements: [], failures: [] }
  try {
    for (let round = 1; round <= settings.rounds; round++) {
      for (const run of round % 2 === 1 ? runs : runs.toReversed()) {
        await runJob({ ...run, round, settings, canary, progress, outcome })
      }
    }
  } finally {
    await suite.close?.()
  }
  progress.end()
  const { name, method, notMeasured, cells } = suite
  const measured = new Set(runs.flatMap((run) => run.cells))
  return {
    format: 1,
    suite: name,
    quick: settings.quick,
    rounds: settings.rounds,
    startedAt,
    finishedAt: new Date().toISOString(),
    machine: describeMachine(),
    command: [...process.execArgv, ...process.argv.slice(2)],
    commit: describeCommit(),
    versions: suite.versions(),
    method: [...method, pace(settings)],
    notMeasured,
    variants: chosen.map(({ name, title, note }) => ({ name, title, ...(note !== undefined && { note }) })),
    cells: cells.filter((cell) => measured.has(cell.name)),
    ...outcome,
    missing,
  }
}

/** Those with one of the names, or, where nothing has exactly that name, with one that begins so. All without names. */
function choose<Named extends { readonly name: string }>(
  all: readonly Named[],
  names: readonly string[],
): readonly Named[] {
  if (names.length === 0) return all
  const exact = new Set(all.map(({ name }) => name))
  const chosen = all.filter(({ name }) => names.some((one) => (exact.has(one) ? name === one : name.startsWith(one))))
  if (chosen.length === 0)
    throw new TypeError(`Nothing is called ${names.join(' or ')}, or begins so; --list shows all.`)
  return chosen
}

function missingOf({ name, needs = [], missing }: Variant): readonly Missing[] {
  if (missing !== undefined) return [{ variant: name, reason: missing }]
  const absent = needs.filter((tool) => findTool(tool) === undefined)
  return absent.length === 0 ? [] : [{ variant: name, reason: absent.map((tool) => missingTool(tool)).join('; ') }]
}

function pace({ rounds, warmUpMs, windowMs }: Settings): string {
  return `Rounds: ${rounds}, every other one in reversed order; windows of ${windowMs / 1000} s after a warm-up of ${warmUpMs / 1000} s, where a cell does not say otherwise.`
}

interface Run {
  readonly variant: string
  readonly job: Job
  readonly cells: readonly string[]
  readonly round: number
  readonly settings: Settings
  readonly canary: Canary
  readonly progress: Progress
  readonly outcome: Outcome
}

async function runJob(run: Run): Promise<void> {
  const { variant, round, job, progress, outcome } = run
  const left = new Set(run.cells)
  const recorder: Recorder = {
    measure: async (cell, pids, window) => {
      if (!left.has(cell)) return
      progress.doing(`round ${round}: ${variant} ${cell}`)
      const measured = await measure(run, cell, pids, window)
      outcome.measurements.push(...measured)
      left.delete(cell)
      const last = measured.at(-1)
      progress.done(`${variant} ${cell}: ${last === undefined ? 'nothing' : oneLine(last)}`)
    },
  }
  try {
    await job.run(recorder, run.settings)
    if (left.size > 0) throw new Error('the cell was not measured')
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    for (const cell of left) outcome.failures.push({ variant, cell, round, message })
    progress.done(`${variant} ${[...left].join(', ')} FAILED: ${message}`, left.size)
  }
}

/** One measurement, or two where the first was disturbed and there is time for another. */
async function measure(
  { variant, round, settings, canary }: Run,
  cell: string,
  pids: () => readonly number[],
  window: () => Promise<Window>,
): Promise<readonly Measurement[]> {
  const once = async (): Promise<Measurement> => {
    const before = canary.sing()
    const foreign = watchForeign(pids)
    const result = await window()
    const disturbance = canary.judge(before, foreign())
    return { variant, cell, round, at: new Date().toISOString(), ...result, ...disturbance }
  }
  const first = await once()
  if (!first.disturbed || settings.quick) return [first]
  return [{ ...first, superseded: true }, await once()]
}

function oneLine({ figures, errors, disturbed, foreignCores }: Measurement): string {
  const parts = Object.entries(figures).map(([name, value]) => `${name} ${value.toPrecision(4)}`)
  if (errors > 0) parts.push(`${errors} ERRORS`)
  if (disturbed) parts.push(`(disturbed, others used ${foreignCores.toFixed(2)} cores)`)
  return parts.join('  ')
}
