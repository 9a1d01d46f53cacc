import 'vitest'

declare module 'vitest' {
  /** What a project of `vitest.config.ts` tells its tests; they `inject` it. */
  interface ProvidedContext {
    /** By how many milliseconds the timers of a `ManualPlatform` may be late. */
    readonly lateMs: number
  }
}
