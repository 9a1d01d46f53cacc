import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

import type { Platform } from '@holon/contract'

import type { Bus } from '../bus.ts'
import { busOperations, type BusOperations } from './bus-operations.ts'
import { Hubs } from './hubs.ts'
import { localBus } from './local-bus.ts'
import { openSqliteLog } from './sqlite-log.ts'

export interface EmbeddedBusOptions {
  /** The sqlite file; made if missing, with its folder. One process at a time may have it open. */
  readonly file: string
  readonly platform: Platform
  /** How long messages are kept after every subscription has dealt with them. Default 7 days. */
  readonly retentionMs?: number
  /** Told when the file can no longer be written. The bus refuses everything then, until it is opened again. */
  readonly onBroken?: (error: unknown) => void
  /** Told of what failed that nobody waits for, and is tried again. */
  readonly onError?: (error: unknown) => void
}

/** The serving side of the embedded bus. */
export interface EmbeddedBus {
  /** A bus as a member of this process has it. */
  connect(): Bus
  /** What members in other processes call. */
  readonly operations: BusOperations
  close(): Promise<void>
}

/**
 * Opens the embedded bus: a durable log in one sqlite file. What `publish` has acknowledged survives a crash of the
 * process and of the machine (fdatasync before each acknowledgement, shared by all that publish at the time).
 */
export async function openEmbeddedBus(options: EmbeddedBusOptions): Promise<EmbeddedBus> {
  const { file, platform, retentionMs, onBroken = () => undefined, onError } = options
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const log = await openSqliteLog({ file, platform, onBroken })
  const hubs = new Hubs({
    log,
    platform,
    ...(retentionMs !== undefined && { retentionMs }),
    ...(onError && { onError }),
  })
  return { connect: () => localBus(hubs), operations: busOperations(hubs), close: () => hubs.close() }
}
