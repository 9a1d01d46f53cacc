/** The brokers that Holon has a bus on: what suites, kills, commands and benches go through. */
export const brokerNames = ['nats', 'rabbitmq', 'kafka'] as const

export type BrokerName = (typeof brokerNames)[number]
