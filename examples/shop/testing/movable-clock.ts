import { systemPlatform } from '@holon/contract/system-platform'
import type { Platform } from 'holon'

/** The real platform, except that its wall clock can be set forward. */
export interface MovableClock {
  readonly platform: Platform
  forward(ms: number): void
}

export function movableClock(): MovableClock {
  const platform = systemPlatform()
  let aheadMs = 0
  return {
    platform: { ...platform, now: () => platform.now() + aheadMs },
    forward: (ms) => {
      aheadMs += ms
    },
  }
}
