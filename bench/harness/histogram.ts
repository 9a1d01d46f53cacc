const subBuckets = 1024

/** Latencies from 10 ns to 21 s (longer ones count as that), each kept to 0.2 % or better, in constant memory. */
export class Histogram {
  /** Bucket e·1024 + m counts latencies of m·2^e units of 10 ns. */
  readonly #buckets = new Uint32Array(subBuckets * 40)
  #count = 0

  get count(): number {
    return this.#count
  }

  add(milliseconds: number): void {
    const units = Math.min(milliseconds * 1e5, 2 ** 31 - 1) | 0
    this.#count++
    const exponent = units < subBuckets ? 0 : 22 - Math.clz32(units)
    const bucket = units < subBuckets ? Math.max(0, units) : (exponent << 10) + ((units >> exponent) & (subBuckets - 1))
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
  }

  /** The latency in µs that a share of all did not exceed; 0 when there are none. */
  quantile(share: number): number {
    if (this.#count === 0) return 0
    const wanted = Math.ceil(this.#count * share)
    let seen = 0
    const bucket = this.#buckets.findIndex((count) => (seen += count) >= wanted)
    return (bucket & (subBuckets - 1)) * 2 ** (bucket >> 10) * 0.01
  }
}
