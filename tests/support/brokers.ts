import { systemPlatform } from '@holon/contract/system-platform'
import type { Bus } from '@holon/events'
import type { BusDefinition } from 'holon'
import { kafka } from 'holon/kafka'
import { nats } from 'holon/nats'
import { rabbitmq } from 'holon/rabbitmq'

import { type BrokerName, brokerNames } from './broker-names.ts'

export interface BrokerOptions {
  /** As `startServer` tells it. */
  readonly url: string
  readonly partitions?: number
  readonly prefix?: string
  /** How long a member may be silent, where the broker lets one choose. */
  readonly silentMs?: number
}

const definitions: Readonly<Record<BrokerName, (options: BrokerOptions) => BusDefinition>> = {
  nats: ({ silentMs: _silentMs, ...options }) => nats(options),
  rabbitmq: ({ silentMs: _silentMs, ...options }) => rabbitmq(options),
  kafka: ({ url, silentMs, ...options }) =>
    kafka({ brokers: [url], ...options, ...(silentMs !== undefined && { sessionTimeoutMs: silentMs }) }),
}

/** The bus of an app on a broker. */
export function busOn(broker: BrokerName, options: BrokerOptions): BusDefinition {
  return definitions[broker](options)
}

const notAsked = (): never => {
  throw new Error('A bus on a broker calls no service.')
}
const nobody = { call: notAsked, stream: notAsked }

/** The same without an app: what begins with an app's name begins with `holon`. */
export function openBusOn(broker: BrokerName, options: BrokerOptions): Promise<Bus> {
  return busOn(broker, options).open({
    app: 'holon',
    instance: 'test',
    platform: systemPlatform(),
    environment: {},
    onError: () => undefined,
    invoker: nobody,
  })
}

/** The bus on the broker that the variable names, at the URL in `<variable>_URL`; undefined for the default one. */
export function busFromEnvironment(variable: string): BusDefinition | undefined {
  const { [variable]: named, [`${variable}_URL`]: url = '' } = process.env
  if (named === undefined) return undefined
  const broker = brokerNames.find((name) => name === named)
  if (broker === undefined) throw new Error(`${variable} is '${named}', not one of ${brokerNames.join(', ')}.`)
  return busOn(broker, { url })
}
