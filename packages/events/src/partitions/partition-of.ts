const offsetBasis = 0x811c9dc5
const prime = 0x01000193
const utf8 = new TextEncoder()

/**
 * The partition of a key: FNV-1a with 32 bits over the key's UTF-8, modulo the number of partitions. Foreign producers
 * must do the same where a broker does not choose partitions itself.
 */
export function partitionOf(key: string, partitions: number): number {
  let hash = offsetBasis
  for (const byte of utf8.encode(key)) hash = Math.imul(hash ^ byte, prime)
  return (hash >>> 0) % partitions
}
