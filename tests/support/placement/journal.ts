import { isServiceError } from '@holon/contract'

/** An error as a person would compare it. */
export interface SeenError {
  readonly code: string
  readonly message: string
  readonly mayHaveRun: boolean
  readonly failure: unknown
  readonly issues: unknown
  /** What never travels. */
  readonly cause: 'none' | 'the caller gave up' | 'LEAKED'
}

/** A copy for comparing; what cannot be copied is named. */
export function copyOf(value: unknown): unknown {
  try {
    return structuredClone(value)
  } catch (error) {
    return `not data: ${error instanceof Error ? error.message : String(error)}`
  }
}

export function describeError(error: unknown): SeenError | string {
  if (!isServiceError(error)) return `${typeof error} ${error instanceof Error ? error.message : String(error)}`
  const { code, message, mayHaveRun, failure, issues } = error
  return {
    code,
    message,
    mayHaveRun,
    failure: copyOf(failure),
    issues: copyOf(issues),
    cause: causeOf(error),
  }
}

function causeOf({ cause }: Error): SeenError['cause'] {
  if (cause === undefined) return 'none'
  return cause instanceof DOMException && cause.name === 'AbortError' ? 'the caller gave up' : 'LEAKED'
}

/** What one service saw of one call, in order. */
export interface Entry {
  readonly service: string
  readonly scenario: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly events: (readonly [what: string, detail?: unknown])[]
  finished: boolean
}

/** What handlers note down, for the test to compare. */
export class Journal {
  readonly #entries: Entry[] = []
  #changed: (() => void)[] = []

  open(service: string, scenario: string, trace: { readonly spanId: string; readonly parentSpanId?: string }): Entry {
    const entry: Entry = {
      service,
      scenario,
      spanId: trace.spanId,
      parentSpanId: trace.parentSpanId,
      events: [],
      finished: false,
    }
    this.#entries.push(entry)
    return entry
  }

  note(entry: Entry, what: string, detail?: unknown): void {
    entry.events.push(detail === undefined ? [what] : [what, detail])
    this.#wake()
  }

  finish(entry: Entry): void {
    entry.finished = true
    this.#wake()
  }

  of(scenario: string): readonly Entry[] {
    return this.#entries.filter((entry) => entry.scenario === scenario)
  }

  /** Resolves once `condition` holds, or with false after `timeoutMs`. */
  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    const over = Date.now() + timeoutMs
    while (!condition()) {
      if (Date.now() > over) return false
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100)
        this.#changed.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    return true
  }

  #wake(): void {
    for (const wake of this.#changed.splice(0)) wake()
  }
}
