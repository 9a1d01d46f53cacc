import type { Platform } from '@holon/contract'

import type { EventLimit } from '../event-limit.ts'

/** What buses on brokers take alike. */
export interface BrokerOptions extends EventLimit {
  readonly platform: Platform
  /** Partitions of topics that are made from now on: how many members can share a subscription. Default 8. */
  readonly partitions?: number
  /** How long events are kept, for those who are late or go back. Default 7 days. */
  readonly keepMs?: number
  /** First part of the names of what Holon makes on the broker. Default `holon`. */
  readonly prefix?: string
  /** How long a request to the broker may take. Default 5 s. */
  readonly timeoutMs?: number
}

/** What counts where nothing is said. */
export const brokerDefaults: Readonly<Required<Pick<BrokerOptions, 'partitions' | 'keepMs' | 'prefix' | 'timeoutMs'>>> =
  {
    partitions: 8,
    keepMs: 7 * 24 * 3_600_000,
    prefix: 'holon',
    timeoutMs: 5_000,
  }
