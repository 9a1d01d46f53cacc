/** Into how many parts the keys of an outbox fall, so that several processes can share the work of relaying it. */
export const outboxPartitions: number = 16

/**
 * The part that a key belongs to: FNV-1a over its UTF-16 code units. Rows carry the result, so it may never change: old
 * and new instances write to one outbox during a rollout.
 */
export function partitionOf(key: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  }
  // The low bits alone are FNV's weakest.
  return ((hash >>> 16) ^ hash) & (outboxPartitions - 1)
}
