/** Shows how far a run is: one line that is rewritten on a terminal, a line for each step elsewhere. */
export class Progress {
  readonly #total: number
  readonly #started = performance.now()
  readonly #terminal = process.stderr.isTTY
  #done = 0

  constructor(total: number) {
    this.#total = total
  }

  /** A step is being taken. */
  doing(what: string): void {
    if (this.#terminal) this.#draw(what)
  }

  /** Steps were taken; `outcome` is worth a line. */
  done(outcome: string, steps = 1): void {
    this.#done += steps
    if (this.#terminal) process.stderr.write('\r\u001B[K')
    console.error(`${this.#terminal ? '' : `[${this.#done}/${this.#total}] `}${outcome}`)
    if (this.#terminal) this.#draw('')
  }

  end(): void {
    if (this.#terminal) process.stderr.write('\r\u001B[K')
  }

  #draw(what: string): void {
    const share = this.#total === 0 ? 1 : Math.min(1, this.#done / this.#total)
    const spentS = (performance.now() - this.#started) / 1000
    const left = this.#done === 0 ? '' : `, ${formatSeconds((spentS / share) * (1 - share))} left`
    const bar = '█'.repeat(Math.round(share * 24)).padEnd(24, '░')
    const line = `${bar} ${Math.round(share * 100)} %${left}  ${what}`
    process.stderr.write(`\r\u001B[K${line.slice(0, Math.max(20, process.stderr.columns - 1))}`)
  }
}

function formatSeconds(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  return minutes > 0 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.round(seconds)} s`
}
