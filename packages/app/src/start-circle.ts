/** A service that waits, in its `start` hook, for another that has not started. */
export interface StartWait {
  readonly service: string
  readonly for: string
}

/** Who sees the starts of all instances of an app: a supervisor. */
export interface StartWatch {
  /** A step of the start begins that may take this long. */
  step(limitMs: number): void
  /** Who waits here for whom, in start hooks; replaces what was told before. */
  waits(waits: readonly StartWait[]): void
  /** `found` is to be called with services that wait for each other, the last of them for the first. */
  onCircle(found: (circle: readonly string[]) => void): void
}

/** A circle must last this long before it counts: a call that nobody awaits is soon forgotten by its hook's end. */
export const circleLastsMs = 1_000

/** Services that wait for each other, the last of them for the first; undefined if there are none. */
export function circleIn(waits: readonly StartWait[]): readonly string[] | undefined {
  const done = new Set<string>()
  const follow = (service: string, path: readonly string[]): readonly string[] | undefined => {
    const index = path.indexOf(service)
    if (index >= 0) return path.slice(index)
    if (done.has(service)) return undefined
    for (const wait of waits) {
      const circle = wait.service === service ? follow(wait.for, [...path, service]) : undefined
      if (circle) return circle
    }
    done.add(service)
    return undefined
  }
  for (const { service } of waits) {
    const circle = follow(service, [])
    if (circle) return circle
  }
  return undefined
}

/** What is to be done about a circle. */
export function circleProblem(circle: readonly string[]): string {
  const named = [...circle, circle[0] ?? ''].map((name) => `'${name}'`).join(' → ')
  return `services wait for each other in their start hooks: ${named}; none of them can ever start. Make one of these calls later: when it is needed, or without awaiting it in the hook`
}
