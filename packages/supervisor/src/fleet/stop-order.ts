import { gatewayName } from '@holon/app/placement'

/** A group as far as the order of stopping is concerned. */
export interface StoppableGroup {
  readonly name: string
  readonly services: readonly string[]
  /** The services that its services call. */
  readonly uses: readonly string[]
}

/**
 * Waves in which groups stop: the gateway's first, then always those that no remaining group calls. Groups that call
 * each other in a circle stop together.
 */
export function stopOrder(groups: readonly StoppableGroup[]): readonly (readonly string[])[] {
  const waves: string[][] = []
  let remaining = groups
  const leave = (wave: readonly StoppableGroup[]): void => {
    if (wave.length === 0) return
    waves.push(wave.map(({ name }) => name))
    remaining = remaining.filter((group) => !wave.includes(group))
  }
  leave(remaining.filter(({ services }) => services.includes(gatewayName)))
  while (remaining.length > 0) {
    const free = remaining.filter(
      (group) =>
        !remaining.some((other) => other !== group && other.uses.some((name) => group.services.includes(name))),
    )
    leave(free.length > 0 ? free : remaining)
  }
  return waves
}
