import type { Platform, Timer } from '@holon/contract'

/** What members of a subscription tell each other. */
export interface Beat {
  readonly member: string
  /** `hello` asks for everybody's beat, `bye` is a member's last. */
  readonly kind: 'hello' | 'beat' | 'bye'
  readonly topics: readonly string[]
  /** Names of the partitions it has. */
  readonly holds: readonly string[]
  /** The last change of pause or place that it knows. */
  readonly control: number
}

export interface MembersOptions {
  readonly platform: Platform
  readonly self: string
  /** What this member says of itself now. */
  readonly describe: () => Omit<Beat, 'kind' | 'member'>
  /** Sends to all members, or to nobody while the connection is down. */
  readonly send: (beat: Beat) => void
  /** Who is there, or what they hold, has changed. */
  readonly onChange: () => void
}

const beatMs = 1000
/** Long enough for a pause of a garbage collection or a busy machine, short enough that nobody waits long for its events. */
const goneAfterMs = 5000

/** Who else is in a subscription, by the beats that all members send each second. */
export class Members {
  readonly #options: MembersOptions
  readonly #others = new Map<string, Beat & { heardMs: number }>()
  #timer: Timer | undefined
  #connectedMs = 0

  constructor(options: MembersOptions) {
    this.#options = options
  }

  /** Begins, or begins anew after the connection was lost: what was heard before may be stale, silence means nothing yet. */
  start(): void {
    this.stop()
    const now = this.#options.platform.monotonicMs()
    this.#connectedMs = now
    for (const other of this.#others.values()) other.heardMs = now
    this.#send('hello')
    this.#tick()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  leave(): void {
    this.stop()
    this.#send('bye')
  }

  /** Tells the others now instead of within a second. */
  announce(): void {
    this.#send('beat')
  }

  hear(beat: Beat): void {
    const { self, platform, onChange } = this.#options
    if (beat.member === self) return
    if (beat.kind === 'bye') this.#others.delete(beat.member)
    else this.#others.set(beat.member, { ...beat, heardMs: platform.monotonicMs() })
    if (beat.kind === 'hello') this.announce()
    onChange()
  }

  get others(): readonly Beat[] {
    return [...this.#others.values()]
  }

  /** Whether a member has been silent for so long that others may take what it has. */
  isGone(member: string): boolean {
    return !this.#others.has(member) && this.#options.platform.monotonicMs() - this.#connectedMs > goneAfterMs
  }

  /** Who should have a partition: members in turn, the same answer at all members that know of each other. */
  shouldHold(topic: string, partition: number): string {
    const { self, describe } = this.#options
    const candidates = this.others.filter(({ topics }) => topics.includes(topic)).map(({ member }) => member)
    if (describe().topics.includes(topic)) candidates.push(self)
    return candidates.toSorted()[partition % candidates.length] ?? self
  }

  #tick(): void {
    const { platform, onChange } = this.#options
    const now = platform.monotonicMs()
    for (const [member, { heardMs }] of this.#others) if (now - heardMs > goneAfterMs) this.#others.delete(member)
    this.#timer = platform.setTimer(() => {
      this.#send('beat')
      this.#tick()
      onChange()
    }, beatMs)
  }

  #send(kind: Beat['kind']): void {
    const { self, describe, send } = this.#options
    send({ member: self, kind, ...describe() })
  }
}
